// How a failed check shows our types.
#pragma once
#include <doctest/doctest.h>

#include "mx/base/error.h"
#include "mx/base/shape.h"

template <class T>
  requires std::is_same_v<T, mx::Shape> || std::is_same_v<T, mx::DType>
struct doctest::StringMaker<T> {
  static String convert(const T& value) { return mx::str(value).c_str(); }
};
