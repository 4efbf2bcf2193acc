#include "mx/base/shape.h"
#include "mx/op.h"

namespace mx {
// Element i of the result belongs to one axis of one element of the data.
struct IndexAlong {
  int64_t n;
  int32_t count;                            // axes
  int64_t steps[kMaxNdim], dims[kMaxNdim];  // of each of them
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const N element = i / N(count);
    const int k = int(i - element * N(count));
    a.to(0)[i] = T(element / N(steps[k]) % N(dims[k]));
  }
};
}  // namespace mx

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"
MX_DEVICE_KERNELS(index_along, Each<IndexAlong>, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cstring>

#include "device/dense.h"
#include "engine/threads.h"
#include "mx/op/kernel.h"
#include "mx/op/stream.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

struct IndexArrayParam {
  std::optional<Shape> axes;
  static void fields(auto& f) {
    f.add("axes", &IndexArrayParam::axes,
          "The axes to tell the index along; negative ones count from the end. None: all.");
  }
};

Shape axes_of(const IndexArrayParam& p, int ndim) {
  Shape axes = Shape::scalar();
  if (p.axes)
    for (int64_t axis : *p.axes) axes.push_back(normalize_axis(axis, ndim, "_contrib_index_array"));
  else
    for (int i = 0; i < ndim; ++i) axes.push_back(i);
  return axes;
}

// Block by block in the first cache, and there in rows of the last axis.
void write_indices(const Shape& shape, const Shape& axes, const Tensor& out) {
  if (out.size() == 0) return;
  const int64_t count = axes.ndim;
  const int last = shape.ndim - 1;
  const bool streaming = worth_streaming(out.data, static_cast<int64_t>(out.bytes()));
  engine::parallel_for(shape.size(), kGrain / 4, [&](int64_t begin, int64_t end) {
    constexpr int64_t kNumbers = 1024;
    alignas(64) int64_t block[kNumbers];
    int64_t index[kMaxNdim], rest = begin;
    for (int k = last; k >= 0; --k) index[k] = rest % shape[k], rest /= shape[k];
    while (begin < end) {
      const int64_t n = std::min(kNumbers / count, end - begin);
      for (int64_t done = 0; done < n;) {
        const int64_t row = std::min(n - done, shape[last] - index[last]);
        for (int k = 0; k < axes.ndim; ++k) {
          int64_t* to = block + done * count + k;
          int64_t value = index[axes[k]];
          const int64_t step = axes[k] == last;
          for (int64_t i = 0; i < row; ++i, to += count, value += step) *to = value;
        }
        done += row;
        index[last] += row;
        for (int k = last; k > 0 && index[k] == shape[k]; --k) index[k] = 0, ++index[k - 1];
      }
      const int64_t bytes = n * count * static_cast<int64_t>(sizeof(int64_t));
      int64_t* const to = out.as<int64_t>() + begin * count;
      if (streaming)
        stream(to, block, bytes);
      else
        std::memcpy(to, block, static_cast<size_t>(bytes));
      begin += n;
    }
    if (streaming) end_stream();
  });
}

}  // namespace

MX_OPERATOR(_contrib_index_array) {
  op.describe("The index of every element of an array, as int64: the shape of the array, and an axis for its axes.")
      .input("data", "The array; only its shape matters.")
      .params<IndexArrayParam>()
      .no_gradient()
      .reads([](const void*, size_t) { return false; })
      .infer_dtype([](const InferDType& t) { t.set_output(0, DType::kInt64); })
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known()) return;
        Shape out = s.in[0];
        out.push_back(axes_of(s.as<IndexArrayParam>(), out.ndim).ndim);
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) {
        const Shape &shape = ctx.in[0].shape, axes = axes_of(ctx.as<IndexArrayParam>(), shape.ndim);
        if (device::current()) {
          IndexAlong along{ctx.out[0].size(), axes.ndim, {}, {}};
          const Shape steps = strides_of(shape);
          for (int k = 0; k < axes.ndim; ++k) {
            const auto axis = static_cast<int>(axes[k]);
            along.steps[k] = steps[axis], along.dims[k] = shape[axis];
          }
          return device::run_dense("index_along", DType::kInt64, {}, {ctx.out[0]}, &along);
        }
        write_indices(shape, axes, ctx.out[0]);
      });
}

}  // namespace mx
#endif
