// The driver of operators that update weights.
#include "mx/op/optimizer.h"

namespace mx {
namespace {

// A weight and its states, which are written in place. Inputs are weight, gradient and states.
void outputs_of(const Tensor& weight, std::span<const Tensor> inputs, Tensor* out) {
  *out++ = weight;
  for (const Tensor& state : inputs.subspan(2)) *out++ = state;
}

void forward_update(const OpContext& ctx) {
  Tensor out[8];
  outputs_of(ctx.out[0], ctx.in, out);
  run_elementwise(*static_cast<const Kernel*>(ctx.op.block_data), ctx.in, std::span(out, ctx.in.size() - 1),
                  ctx.params);
}

// Weight, gradient and result of a group have one dtype. States have it too, or are float32.
void infer_dtypes_of_groups(const InferDType& t, size_t group, bool master) {
  for (size_t i = 0; i < t.in.size(); ++i) {
    const size_t o = i / group, place = i % group;
    if (place == 0) {
      t.set_output(o, t.in[i]);
      t.set_input(i, t.out[o]);
    } else {
      t.set_input(i, master && place >= 2 ? DType::kFloat32 : t.out[o]);
    }
  }
}

}  // namespace

OpDef& update(OpDef& op, std::initializer_list<const char*> states, bool master) {
  op.input("weight", "The weight.").input("grad", "Its gradient.");
  for (const char* state : states) {
    op.mutable_inputs.push_back(static_cast<int>(op.inputs.size()));
    op.input(state, master && state == *(states.end() - 1) ? "The float32 weight; changed in place."
                                                           : "A state; changed in place.");
  }
  if (master) op.infer_dtype([](const InferDType& t) { infer_dtypes_of_groups(t, t.in.size(), true); });
  return op.infer_shape(same_shape)
      .inplace(0, 0)
      .data(&get_kernel(op.name.c_str()))
      .portable_forward(forward_update)
      .no_gradient();
}

void describe_multi_update(OpDef& op, const char* single) {
  const bool master = std::string_view(single).starts_with("mp_");
  op.variadic("data", "num_weights", "The inputs of the operator for one weight, weight after weight.")
      .output("output")
      .inplace(0, 0)
      .data(&get_kernel(single))
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        const size_t group = static_cast<size_t>(s.op.group);
        for (size_t i = 0; i < s.in.size(); ++i) s.same(i, i / group);
        for (size_t i = 0; i < s.in.size(); ++i) s.same(i, i / group);  // what a later input of the group said
      })
      .infer_dtype(master ? [](const InferDType& t) { infer_dtypes_of_groups(t, t.op.group, true); }
                          : [](const InferDType& t) { infer_dtypes_of_groups(t, t.op.group, false); });
}

void run_updates(const OpContext& ctx, const void* params, size_t stride) {
  const size_t group = static_cast<size_t>(ctx.op.group), count = ctx.out.size();
  std::vector<Tensor> out(count * (group - 1));
  std::vector<ElementwiseCall> calls;
  for (size_t i = 0; i < count; ++i) {
    const auto in = ctx.in.subspan(i * group, group);
    Tensor* const first = &out[i * (group - 1)];
    outputs_of(ctx.out[i], in, first);
    calls.push_back({in, std::span(first, group - 1), static_cast<const char*>(params) + i * stride});
  }
  run_elementwise(*static_cast<const Kernel*>(ctx.op.block_data), calls);
}

}  // namespace mx
