#include <algorithm>
#include <cstring>

#include "mx/op.h"
#include "op/nn/floats.h"

namespace mx {
namespace {

struct MakeLossParam {
  float grad_scale = 1, valid_thresh = 0;
  enum Normalization : int32_t { kBatch, kNull, kValid } normalization = kNull;
  static void fields(auto& f) {
    using P = MakeLossParam;
    f.add("grad_scale", &P::grad_scale, "The gradient.");
    f.add("valid_thresh", &P::valid_thresh, "What counts as valid: larger elements.");
    f.add("normalization", &P::normalization,
          "What divides the gradient: 'null' nothing, 'batch' the product of all axes but the last, 'valid' the number "
          "of valid "
          "elements.")
        .names({"batch", "null", "valid"});
  }
};

template <class T>
void fill(const MakeLossParam& p, const Shape& shape, const T* data, T* out) {
  const int64_t n = shape.size();
  double divisor = 1;
  if (p.normalization == MakeLossParam::kBatch) divisor = static_cast<double>(shape.size(0, shape.ndim - 1));
  if (p.normalization == MakeLossParam::kValid)
    divisor = static_cast<double>(
        std::max<int64_t>(1, std::count_if(data, data + n, [&](T x) { return x > static_cast<T>(p.valid_thresh); })));
  std::fill_n(out, n, static_cast<T>(p.grad_scale / divisor));
}

void backward(const OpContext& context) {
  const auto& p = context.as<MakeLossParam>();
  const Shape& shape = context.in[0].shape;
  const Floats data = read_floats(context, context.in[0]), out = write_floats(context, context.out[0]);
  if (out.dtype == DType::kFloat64)
    fill(p, shape, data.as<double>(), out.as<double>());
  else
    fill(p, shape, data.as<float>(), out.as<float>());
  out.finish();
}

}  // namespace

MX_OPERATOR(MakeLoss) {
  op.describe("Turns any array into a loss: the identity, whose gradient is grad_scale whatever follows.")
      .input("data", "The loss, element by element.")
      .output("output", "The same array.")
      .params<MakeLossParam>()
      .infer_shape(same_shape)
      .ignores_head()
      .inplace(0, 0)
      .forward([](const OpContext& context) {
        if (context.out[0].data != context.in[0].data)
          std::memcpy(context.out[0].data, context.in[0].data, context.in[0].bytes());
      })
      .gradient([](GradientContext& g) { g.set(0, g.call_same("_backward_MakeLoss", {g.input(0)}).at(0)); });
}

MX_OPERATOR(_backward_MakeLoss) {
  op.describe("Gradient of MakeLoss.")
      .input("data", "The input of MakeLoss.")
      .output("data")
      .params<MakeLossParam>()
      .infer_shape(same_shape)
      .forward(backward);
}

}  // namespace mx
