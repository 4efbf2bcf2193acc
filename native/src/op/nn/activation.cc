#include "mx/op.h"

namespace mx {

struct ActivationParam {
  enum Type : int32_t { kRelu, kSigmoid, kSoftrelu, kSoftsign, kTanh } act_type = kRelu;
  static void fields(auto& f) {
    f.add("act_type", &ActivationParam::act_type, "The function.")
        .names({"relu", "sigmoid", "softrelu", "softsign", "tanh"})
        .required();
  }
};

}  // namespace mx

#if defined(MX_ISA)
#include <math.h>

namespace mx::MX_ISA {

// mode: the type.
struct ActivationForward {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const T* x = static_cast<const T*>(in[0]);
    T* y = static_cast<T*>(out[0]);
    switch (args.mode) {
      case ActivationParam::kRelu:
        for (int64_t i = 0; i < n; ++i) y[i] = x[i] < 0 ? T(0) : x[i];
        break;
      case ActivationParam::kSigmoid:
        for (int64_t i = 0; i < n; ++i) y[i] = T(1 / (1 + ::exp(-double(x[i]))));
        break;
      case ActivationParam::kSoftrelu:
        for (int64_t i = 0; i < n; ++i) y[i] = T((x[i] > 0 ? x[i] : 0) + ::log1p(::exp(-::fabs(double(x[i])))));
        break;
      case ActivationParam::kSoftsign:
        for (int64_t i = 0; i < n; ++i) y[i] = x[i] / (1 + (x[i] < 0 ? -x[i] : x[i]));
        break;
      case ActivationParam::kTanh:
        for (int64_t i = 0; i < n; ++i) y[i] = T(::tanh(double(x[i])));
        break;
    }
  }
};

// in: head, and the output of the function; its input for softrelu and softsign, where the output is too coarse.
struct ActivationBackward {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const T *head = static_cast<const T*>(in[0]), *saved = static_cast<const T*>(in[1]);
    T* to = static_cast<T*>(out[0]);
    switch (args.mode) {
      case ActivationParam::kRelu:
        for (int64_t i = 0; i < n; ++i) to[i] = saved[i] > 0 ? head[i] : T(0);
        break;
      case ActivationParam::kSigmoid:
        for (int64_t i = 0; i < n; ++i) to[i] = head[i] * saved[i] * (1 - saved[i]);
        break;
      case ActivationParam::kSoftrelu:
        for (int64_t i = 0; i < n; ++i) to[i] = T(head[i] / (1 + ::exp(-double(saved[i]))));
        break;
      case ActivationParam::kSoftsign:
        for (int64_t i = 0; i < n; ++i) {
          const T d = 1 + (saved[i] < 0 ? -saved[i] : saved[i]);
          to[i] = head[i] / (d * d);
        }
        break;
      case ActivationParam::kTanh:
        for (int64_t i = 0; i < n; ++i) to[i] = head[i] * (1 - saved[i] * saved[i]);
        break;
    }
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(Activation, ActivationForward, float, double)
MX_KERNELS(_backward_Activation, ActivationBackward, float, double)

#if defined(MX_PASS_HOST)
#include "op/nn/map.h"
#include "op/onednn/eltwise.h"

namespace mx {
namespace {

using Type = ActivationParam::Type;
using Algorithm = dnnl::algorithm;

void forward(const OpContext& context) {
  const Type type = context.as<ActivationParam>().act_type;
  const Tensor &data = context.in[0], &out = context.out[0];
  if (data.dtype == DType::kFloat64 || type == Type::kRelu || type == Type::kSoftsign)
    return map_floats(context, "Activation", {data}, out, {.mode = type});
  const Algorithm algorithm = type == Type::kSigmoid ? Algorithm::eltwise_logistic
                              : type == Type::kTanh  ? Algorithm::eltwise_tanh
                                                     : Algorithm::eltwise_soft_relu;
  onednn::eltwise(context, algorithm, algorithm == Algorithm::eltwise_soft_relu ? 1.f : 0.f, data, out);
}

void backward(const OpContext& context) {
  const Type type = context.as<ActivationParam>().act_type;
  const Tensor &head = context.in[0], &saved = context.in[1], &out = context.out[0];
  if (type == Type::kSoftrelu && head.dtype != DType::kFloat64)
    return onednn::eltwise_backward(context, Algorithm::eltwise_soft_relu, 1.f, saved, head, out);
  map_floats(context, "_backward_Activation", {head, saved}, out, {.mode = type});
}

void gradient(GradientContext& g) {
  const Type type = g.as<ActivationParam>().act_type;
  const bool from_input = type == Type::kSoftrelu || type == Type::kSoftsign;
  g.set(0, g.call_same("_backward_Activation", {g.head(), from_input ? g.input(0) : g.output(0)}).at(0));
}

}  // namespace

MX_OPERATOR(Activation) {
  op.describe(
        "Applies an activation function to every element: relu, sigmoid, softrelu (log(1 + exp(x))), softsign (x / (1 "
        "+ |x|)) "
        "or tanh.")
      .input("data", "Any shape.")
      .output("output", "The same shape.")
      .params<ActivationParam>()
      .alias("_npx_activation")
      .infer_shape(same_shape)
      .inplace(0, 0)
      .forward(forward)
      .gradient(gradient);
}

MX_OPERATOR(_backward_Activation) {
  op.describe("Gradient of Activation.")
      .input("head", "Gradient of the output.")
      .input("saved", "The output; the input for softrelu and softsign.")
      .output("data")
      .params<ActivationParam>()
      .infer_shape(same_shape)
      .inplace(0, 0)
      .forward(backward);
}

}  // namespace mx
#endif
