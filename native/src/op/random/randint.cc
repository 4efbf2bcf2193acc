// Random integers.
#include "distribution.h"

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
      .infer_dtype([](const InferDType& t) { t.set_output(0, t.as<RandintParam>().dtype.value_or(DType::kInt32)); })
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
