// Between coordinates in an array of a given shape and positions in its flat order.
#include "mx/base/shape.h"
#include "mx/op.h"

namespace mx {

// Sizes of axes, for kernels of devices.
struct RavelAxes {
  int64_t n;  // elements of data, or of the result
  int32_t ndim;
  int64_t dims[kMaxNdim];
};
struct RavelPlace : RavelAxes {
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    T place = 0;
    for (int k = 0; k < ndim; ++k) place = place * T(dims[k]) + a.read(0, k * n + int64_t(i));
    a.write(0, i, place);
  }
};
struct UnravelPlace : RavelAxes {
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    T left = a.read(0, i);
    for (int k = ndim - 1; k > 0; --k) {
      const T above = left / T(dims[k]);
      a.write(0, k * n + int64_t(i), left - above * T(dims[k]));
      left = above;
    }
    a.write(0, i, left);
  }
};

}  // namespace mx

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"
MX_DEVICE_KERNELS(ravel_place, Each<RavelPlace>, int64_t)
MX_DEVICE_KERNELS(unravel_place, Each<UnravelPlace>, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "device/dense.h"
#include "engine/threads.h"
#include "mx/op/kernel.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

struct RavelParam {
  std::optional<Shape> shape;
  static void fields(auto& f) {
    f.add("shape", &RavelParam::shape, "The shape of the array; the first dimension may be anything. Must be given.");
  }
};

const Shape& shape_of(const void* params, const OpDef& op) {
  const auto& shape = static_cast<const RavelParam*>(params)->shape;
  MX_CHECK(shape && shape->ndim > 0, kValue, "[", op.name, "] shape must be given");
  return *shape;
}

void run_on_device(const OpContext& ctx, const char* kernel, const Shape& shape, int64_t n) {
  RavelAxes axes{n, shape.ndim, {}};
  std::copy(shape.begin(), shape.end(), axes.dims);
  device::run_dense(kernel, DType::kInt64, {ctx.in[0]}, {ctx.out[0]}, &axes);
}

// A stretch of the elements of an array as int64; what is worked on at a time.
struct Stretch {
  int64_t values[kLaneBlock];
  void read(const Tensor& from, int64_t at, int64_t n) {
    convert(element_at(from, at), from.dtype, values, DType::kInt64, n);
  }
  void write(const Tensor& to, int64_t at, int64_t n) const {
    convert(values, DType::kInt64, element_at(to, at), to.dtype, n);
  }
};
// x / size. Numbers of 32 bits are multiplied by 2^64 / size, rounded up, which is many times as fast and exact: D.
// Lemire, O. Kaser, N. Kurz, "Faster remainder by direct computation", 2019.
struct Quotient {
  int64_t size;
  uint64_t inverse;  // 0: divide
  Quotient(int64_t size, uint64_t used_bits)
      : size(size), inverse(size > 1 && used_bits >> 32 == 0 ? ~uint64_t{0} / static_cast<uint64_t>(size) + 1 : 0) {}
  int64_t operator()(int64_t x) const {
    if (inverse == 0) return x / size;
    return static_cast<int64_t>(static_cast<unsigned __int128>(inverse) * static_cast<uint64_t>(x) >> 64);
  }
};
// fn(begin, n) for stretches of `count` elements.
template <class Function>
void by_stretches(int64_t count, Function fn) {
  const int64_t stretches = (count + kLaneBlock - 1) / kLaneBlock;
  engine::parallel_for(stretches, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) fn(i * kLaneBlock, std::min(kLaneBlock, count - i * kLaneBlock));
  });
}

}  // namespace

MX_OPERATOR(_ravel_multi_index) {
  op.describe("Columns of coordinates turned into positions in the flat order of an array.")
      .alias("ravel_multi_index")
      .input("data", "The coordinates, (axes, ...).")
      .params<RavelParam>()
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        const Shape &data = s.in[0], &shape = shape_of(s.params, s.op);
        if (!data.rank_known()) return;
        MX_CHECK(data.ndim >= 1 && (data[0] < 0 || data[0] == shape.ndim), kValue,
                 "[_ravel_multi_index] data has shape ", data, ", but must have ", shape.ndim,
                 " coordinates along its first axis, for shape ", shape);
        Shape out = data.slice(1);
        if (out.ndim == 0) out.push_back(1);
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) {
        const Shape& shape = shape_of(ctx.params, ctx.op);
        const int64_t count = ctx.out[0].size();
        if (device::current()) return run_on_device(ctx, "ravel_place", shape, count);
        by_stretches(count, [&](int64_t begin, int64_t n) {
          Stretch place, at;
          std::fill_n(place.values, n, 0);
          for (int k = 0; k < shape.ndim; ++k) {
            at.read(ctx.in[0], k * count + begin, n);
            for (int64_t i = 0; i < n; ++i) place.values[i] = place.values[i] * shape[k] + at.values[i];
          }
          place.write(ctx.out[0], begin, n);
        });
      });
}

MX_OPERATOR(_unravel_index) {
  op.describe("Positions in the flat order of an array turned into columns of coordinates.")
      .alias("unravel_index")
      .input("data", "The positions.")
      .params<RavelParam>()
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        const Shape& shape = shape_of(s.params, s.op);
        for (int k = 1; k < shape.ndim; ++k)
          MX_CHECK(shape[k] > 0, kValue, "[_unravel_index] shape ", shape,
                   " must be positive after its first dimension");
        if (!s.in[0].rank_known()) return;
        Shape out{shape.ndim};
        for (int64_t dim : s.in[0]) out.push_back(dim);
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) {
        const Shape& shape = shape_of(ctx.params, ctx.op);
        const int64_t count = ctx.in[0].size();
        if (device::current()) return run_on_device(ctx, "unravel_place", shape, count);
        by_stretches(count, [&](int64_t begin, int64_t n) {
          Stretch left, at;
          left.read(ctx.in[0], begin, n);
          uint64_t used = 0;  // bits
          for (int64_t i = 0; i < n; ++i) used |= static_cast<uint64_t>(left.values[i]);
          for (int k = shape.ndim - 1; k > 0; --k) {
            const int64_t size = shape[k];
            const Quotient quotient(size, used);
            for (int64_t i = 0; i < n; ++i) {
              const int64_t above = quotient(left.values[i]);
              at.values[i] = left.values[i] - above * size, left.values[i] = above;
            }
            at.write(ctx.out[0], k * count + begin, n);
          }
          left.write(ctx.out[0], begin, n);
        });
      });
}

}  // namespace mx
#endif
