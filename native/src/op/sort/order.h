// The order of elements along an axis: what sort, argsort and topk share.
#pragma once
#include <optional>

#include "mx/op.h"
#include "mx/op/kernel.h"
#include "mx/op/strided.h"

namespace mx {

// An array (outer, n, inner) that is ordered along n.
struct Lines {
  int64_t outer, n, inner;
  // Without an axis the array is one line.
  static Lines of(const std::optional<int32_t>& axis, const Shape& shape, std::string_view op);
  int64_t count() const { return outer * inner; }
};

// Scratch memory (outer, k, inner): where in its line the first, the second ... the k-th element in order is. Equal
// elements keep their order; NaN is larger than any number, and -0 equals 0.
const int64_t* order_lines(const OpContext& ctx, const Tensor& data, const Lines& lines, int64_t k, bool ascending);

// On a device: int32 (rows, n), where in its row the first element is, the second ...
Tensor order_rows_on_device(const OpContext& ctx, const Tensor& data, int64_t rows, int64_t n, bool ascending);

// result (outer, k, inner) = the elements of `data` at such places, in its dtype; or the way back, where each place is
// written at most once and others stay as they are. On a device `result` may be one number in host memory there.
void read_places(const Tensor& data, const int64_t* places, const Lines& lines, int64_t k, const Tensor& result);
void write_places(const Tensor& result, const int64_t* places, const Lines& lines, int64_t k, const Tensor& data);

}  // namespace mx
