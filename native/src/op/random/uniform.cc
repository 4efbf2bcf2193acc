// Distributions given by numbers: uniform, normal, integers.
#include "base/random.h"
#include "engine/threads.h"
#include "mx/op.h"
#include "mx/op/random.h"

namespace mx {
namespace {

// What all of them have after the numbers of the distribution.
template <class P>
void common_fields(auto& f) {
  f.add("shape", &P::shape, "The shape of the result. None: (1,).");
  f.add("ctx", &P::ctx, "Where the array lives: cpu or cpu(0).");
  f.add("dtype", &P::dtype, "The dtype. None: the usual one.");
}
struct UniformParam {
  float low = 0, high = 1;
  std::optional<Shape> shape;
  std::string ctx;
  std::optional<DType> dtype;
  static void fields(auto& f) {
    f.add("low", &UniformParam::low, "The lower bound.");
    f.add("high", &UniformParam::high, "The upper bound, which is not reached.");
    common_fields<UniformParam>(f);
  }
};
struct NormalParam {
  float loc = 0, scale = 1;
  std::optional<Shape> shape;
  std::string ctx;
  std::optional<DType> dtype;
  static void fields(auto& f) {
    f.add("loc", &NormalParam::loc, "The mean.");
    f.add("scale", &NormalParam::scale, "The standard deviation.").range(0);
    common_fields<NormalParam>(f);
  }
};
struct RandintParam {
  int64_t low = 0, high = 1;
  std::optional<Shape> shape;
  std::string ctx;
  std::optional<DType> dtype;
  static void fields(auto& f) {
    f.add("low", &RandintParam::low, "The smallest integer.").required();
    f.add("high", &RandintParam::high, "The bound, which is not reached.").required();
    common_fields<RandintParam>(f);
  }
};

template <class P>
OpDef& distribution(OpDef& op, DType usual) {
  op.params<P>().uses_random().no_gradient().infer_shape([](const InferShape& s) {
    const auto& wish = s.as<P>().shape;
    if (!wish) return s.set_output(0, Shape{1});
    if (wish->ndim == 0) return;  // what other arrays decide
    Shape shape = *wish;
    for (int i = 0; i < shape.ndim; ++i)
      if (shape[i] == 0) shape[i] = -1;
    s.set_output(0, shape);
  });
  if (usual == DType::kInt32)
    return op.infer_dtype([](const InferDType& t) { t.set_output(0, t.as<P>().dtype.value_or(DType::kInt32)); });
  return op.infer_dtype([](const InferDType& t) { t.set_output(0, t.as<P>().dtype.value_or(DType::kFloat32)); });
}

}  // namespace

MX_OPERATOR(_random_uniform) {
  distribution<UniformParam>(op, DType::kFloat32)
      .alias("random_uniform")
      .alias("uniform")
      .describe("Numbers drawn evenly from low (included) to high.")
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<UniformParam>();
        fill_uniform(*ctx.random, ctx.out[0], p.low, p.high);
      });
}
MX_OPERATOR(_random_normal) {
  distribution<NormalParam>(op, DType::kFloat32)
      .alias("random_normal")
      .alias("normal")
      .describe("Numbers drawn from a normal distribution.")
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<NormalParam>();
        fill_normal(*ctx.random, ctx.out[0], p.loc, p.scale);
      });
}
MX_OPERATOR(_random_randint) {
  distribution<RandintParam>(op, DType::kInt32)
      .alias("random_randint")
      .describe("Integers drawn evenly from low (included) to high.")
      .forward([](const OpContext& ctx) {
        const auto& p = ctx.as<RandintParam>();
        MX_CHECK(p.low < p.high, kValue, "[_random_randint] low is ", p.low, ", but must be less than high, ", p.high);
        const Tensor& out = ctx.out[0];
        const uint64_t range = static_cast<uint64_t>(p.high) - static_cast<uint64_t>(p.low);
        const int64_t n = out.size();
        uint32_t* bits = static_cast<uint32_t*>(ctx.workspace(static_cast<size_t>(n) * 8));
        int64_t* values = static_cast<int64_t*>(ctx.workspace(static_cast<size_t>(n) * 8));
        fill_bits(*ctx.random, bits, 2 * n);
        // 64 bits are mapped by multiplication: the bias is below 2^-64 times the range.
        for (int64_t i = 0; i < n; ++i) {
          const uint64_t word = uint64_t{bits[2 * i]} << 32 | bits[2 * i + 1];
          const auto product = static_cast<unsigned __int128>(word) * range;
          values[i] = static_cast<int64_t>(static_cast<uint64_t>(p.low) + static_cast<uint64_t>(product >> 64));
        }
        convert(values, DType::kInt64, out.data, out.dtype, n);
      });
}

}  // namespace mx
