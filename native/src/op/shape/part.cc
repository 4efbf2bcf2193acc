#include "part.h"

namespace mx {

Part Part::whole(const Shape& shape) { return {Shape::filled(shape.ndim, 0), Shape::filled(shape.ndim, 1), shape}; }

Part Part::of(const SliceParam& p, const Shape& shape, std::string_view op) {
  const int given = static_cast<int>(p.begin.size());
  MX_CHECK(p.end.size() == p.begin.size() && (p.step.empty() || p.step.size() <= p.begin.size()), kValue, "[", op,
           "] begin and end must have one value per axis, and step at most as many");
  MX_CHECK(given <= shape.ndim, kValue, "[", op, "] begin has ", given, " values, but the array has shape ", shape);
  Part w = whole(shape);
  for (int i = 0; i < given; ++i) {
    const int64_t n = shape[i];
    const int64_t step = static_cast<size_t>(i) < p.step.size() ? p.step[static_cast<size_t>(i)].value_or(1) : 1;
    MX_CHECK(step != 0, kValue, "[", op, "] the step along axis ", i, " must not be 0");
    const auto &begin = p.begin[static_cast<size_t>(i)], &end = p.end[static_cast<size_t>(i)];
    if (n < 0) {
      if (begin || end || step != 1) w.count[i] = -1;
      continue;
    }
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;
    const auto place = [&](int64_t at) {
      if (at < 0) at += n;
      return at < low ? low : at > high ? high : at;
    };
    const int64_t from = begin ? place(*begin) : step > 0 ? 0 : n - 1;
    const int64_t to = end ? place(*end) : step > 0 ? n : -1;
    const int64_t length = step > 0 ? (to - from + step - 1) / step : (from - to - step - 1) / -step;
    w.begin[i] = from, w.step[i] = step, w.count[i] = length > 0 ? length : 0;
  }
  return w;
}

Part SliceParam::part(const Shape& shape, std::string_view op) const { return Part::of(*this, shape, op); }

namespace {
StridedCopy walk(const Part& w, const Shape& whole, int64_t& offset) {
  const Shape strides = strides_of(whole), part = strides_of(w.count);
  StridedCopy copy;
  offset = 0;
  for (int i = 0; i < whole.ndim; ++i) {
    offset += w.begin[i] * strides[i];
    copy.axis(w.count[i], w.step[i] * strides[i], part[i]);
  }
  return copy;
}
}  // namespace

void Part::read(const Tensor& whole, const Tensor& part) const {
  if (part.size() == 0) return;
  int64_t offset;
  const StridedCopy copy = walk(*this, whole.shape, offset);
  copy.run(element_at(whole, offset), part.data, size_of(whole.dtype));
}

void Part::write(const Tensor& part, const Tensor& whole) const {
  if (count.size() == 0) return;
  int64_t offset;
  StridedCopy copy = walk(*this, whole.shape, offset);
  for (int i = 0; i < copy.ndim; ++i) {
    std::swap(copy.in[i], copy.out[i]);
    if (part.size() == 1) copy.in[i] = 0;
  }
  copy.run(part.data, element_at(whole, offset), size_of(whole.dtype));
}

}  // namespace mx
