// Random integers.
#include "distribution.h"

namespace mx {
struct IntegerRange {
  int64_t low, high;  // high is not reached
};
}  // namespace mx

namespace mx::MX_ISA {

// Two words of the generator, the high one first in memory, become an integer. They are mapped by multiplication: the
// bias is below 2^-64 times the range.
struct Randint {
  IntegerRange range;
  explicit MX_XPU Randint(const LoopArgs& args) : range(*static_cast<const IntegerRange*>(args.params)) {}
  template <class T>
  MX_XPU T operator()(T bits) const {
    const auto memory = static_cast<uint64_t>(bits), word = memory << 32 | memory >> 32;
    const auto low = static_cast<uint64_t>(range.low), count = static_cast<uint64_t>(range.high) - low;
    const auto product = static_cast<unsigned __int128>(word) * count;
    return static_cast<T>(low + static_cast<uint64_t>(product >> 64));
  }
};

}  // namespace mx::MX_ISA

MX_KERNELS(randint, Elementwise<Randint>, int64_t)

#if defined(MX_PASS_HOST)
namespace mx {
namespace {

struct RandintParam {
  int64_t low = 0, high = 1;
  std::optional<Shape> shape;
  std::string ctx;
  std::optional<DType> dtype;
  static void fields(auto& f) {
    f.add("low", &RandintParam::low, "The smallest integer.").required();
    f.add("high", &RandintParam::high, "The bound, which is not reached.").required();
    shape_fields<RandintParam>(f);
  }
};

}  // namespace

MX_OPERATOR(_random_randint) {
  op.params<RandintParam>()
      .uses_random()
      .no_gradient()
      .infer_shape(infer_requested_shape<RandintParam>)
      .infer_dtype([](const InferDType& t) {
        const DType usual = t.out[0] == DType::kUnknown ? DType::kInt32 : t.out[0];
        t.set_output(0, t.as<RandintParam>().dtype.value_or(usual));
      })
      .alias("random_randint")
      .describe("Integers drawn evenly from low (included) to high.")
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<RandintParam>();
        MX_CHECK(p.low < p.high, kValue, "[_random_randint] low is ", p.low, ", but must be less than high, ", p.high);
        const Tensor& out = ctx.out[0];
        const IntegerRange range{p.low, p.high};
        const int64_t n = out.size();
        const auto words = [&] { return Tensor{ctx.workspace(static_cast<size_t>(n) * 8), {n}, DType::kInt64}; };
        const Tensor bits = words(), values = words();
        fill_bits(*ctx.random, bits.as<uint32_t>(), 2 * n);
        run_elementwise(get_kernel("randint"), {&bits, 1}, {&values, 1}, &range);
        convert(values.data, DType::kInt64, out.data, out.dtype, n);
      });
}

}  // namespace mx
#endif
