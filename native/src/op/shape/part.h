// A regular part of an array: begin, step and count along every axis. What the slicing operators share.
#pragma once
#include <optional>

#include "mx/op.h"
#include "mx/op/strided.h"

namespace mx {

struct Part;

struct SliceParam {
  OptionalInts begin, end, step;
  Part part(const Shape& shape, std::string_view op) const;
  static void fields(auto& f) {
    f.add("begin", &SliceParam::begin,
          "The first index along each axis; negative ones count from the end. None: the edge.")
        .required();
    f.add("end", &SliceParam::end, "The index after the last one along each axis. None: the edge.").required();
    f.add("step", &SliceParam::step, "The step along each axis; may be negative. None: 1.");
  }
};

struct Part {
  Shape begin, step, count;

  // Axes that the bounds don't mention are taken whole. Bounds beyond the array are moved to its edge, as in Python.
  // Axes of unknown size give unknown counts.
  static Part of(const SliceParam& p, const Shape& shape, std::string_view op);
  static Part whole(const Shape& shape);
  void restrict(int axis, int64_t from, int64_t length) { begin[axis] = from, count[axis] = length; }

  void read(const Tensor& whole, const Tensor& part) const;
  void write(const Tensor& part, const Tensor& whole) const;  // a part of one element is repeated
};

}  // namespace mx
