// Calls of operators whose parameter struct is private to their file: parameters by name, as text.
#pragma once
#include "mx/attrs.h"
#include "mx/opdef.h"

namespace mx {

inline Value call_named(Builder& builder, const char* op, std::initializer_list<Value> inputs, const AttrMap& params) {
  return builder.call(op, inputs, Params::parse(Builder::find(op).param_struct(), params, op));
}

}  // namespace mx
