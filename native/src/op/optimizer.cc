// The driver of operators that update weights.
#include "mx/op/optimizer.h"

#include <algorithm>

#include "mx/op/strided.h"

namespace mx {
namespace {

// Inputs of one weight: weight, gradient and states. Single values follow the last group.
size_t group_of(const OpDef& op) { return op.group ? static_cast<size_t>(op.group) : 2 + op.mutable_inputs.size(); }

// A weight and its states, which are written in place.
void outputs_of(const Tensor& weight, std::span<const Tensor> group, Tensor* out) {
  *out++ = weight;
  for (const Tensor& state : group.subspan(2)) *out++ = state;
}

const Kernel& kernel_of(const OpDef& op) { return *static_cast<const Kernel*>(op.block_data); }

void infer_group_shapes(const InferShape& s) {
  const size_t group = group_of(s.op), count = s.out.size(), singles = s.in.size() - count * group;
  for (int pass = 0; pass < 2; ++pass)  // again: what a later input of the group said
    for (size_t i = 0; i < count * group; ++i) s.same(i, i / group);
  for (size_t i = count * group; i < s.in.size(); ++i)
    s.set_input(i, Shape{s.op.group && singles > 1 ? static_cast<int64_t>(count) : 1});
}

// Weight, gradient and result of a group have one dtype. States have it too, or are float32. Single values may have
// any, and are float32 where nobody says.
template <bool kMaster>
void infer_group_dtypes(const InferDType& t) {
  const size_t group = group_of(t.op), count = t.out.size();
  for (size_t i = 0; i < count * group; ++i) {
    const size_t o = i / group, place = i % group;
    if (place == 0) {
      t.set_output(o, t.in[i]);
      t.set_input(i, t.out[o]);
    } else {
      t.set_input(i, kMaster && place >= 2 ? DType::kFloat32 : t.out[o]);
    }
  }
  for (size_t i = count * group; i < t.in.size(); ++i)
    if (t.in[i] == DType::kUnknown) t.set_input(i, DType::kFloat32);
}

OpDef& with_groups(OpDef& op, const char* kernel, bool master) {
  return op.inplace(0, 0)
      .data(&get_kernel(kernel))
      .no_gradient()
      .infer_shape(infer_group_shapes)
      .infer_dtype(master ? infer_group_dtypes<true> : infer_group_dtypes<false>);
}

}  // namespace

OpDef& update(OpDef& op, std::initializer_list<const char*> states, bool master,
              std::initializer_list<const char*> singles) {
  op.input("weight", "The weight.").input("grad", "Its gradient.");
  for (const char* state : states) {
    op.mutable_inputs.push_back(static_cast<int>(op.inputs.size()));
    op.input(state, master && state == *(states.end() - 1) ? "The float32 weight; changed in place."
                                                           : "A state; changed in place.");
  }
  for (const char* single : singles) op.input(single, "An array of one value.");
  return with_groups(op, op.name.c_str(), master).portable_forward([](const OpContext& ctx) {
    run_update(ctx, ctx.params);
  });
}

void run_update(const OpContext& ctx, const void* params) {
  Tensor out[8];
  const size_t group = group_of(ctx.op);
  outputs_of(ctx.out[0], ctx.in.first(group), out);
  run_elementwise(kernel_of(ctx.op), ctx.in, std::span(out, group - 1), params);
}

void describe_multi_update(OpDef& op, const char* kernel, const char* inputs, bool master, const char* count) {
  with_groups(op, kernel, master)
      .variadic(str("data:", inputs).c_str(), count, "The inputs of the operator for one weight, weight after weight.")
      .output("output");
}

void run_updates(const OpContext& ctx, const void* params, size_t stride) {
  const size_t group = group_of(ctx.op), count = ctx.out.size(), singles = ctx.in.size() - count * group;
  std::vector<Tensor> in(count * (group + singles)), out(count * (group - 1));
  std::vector<ElementwiseCall> calls;
  for (size_t i = 0; i < count; ++i) {
    Tensor *const from = &in[i * (group + singles)], *const to = &out[i * (group - 1)];
    std::copy_n(&ctx.in[i * group], group, from);
    for (size_t k = 0; k < singles; ++k) {
      const Tensor& all = ctx.in[count * group + k];
      from[group + k] = {element_at(all, singles > 1 ? static_cast<int64_t>(i) : 0), Shape{1}, all.dtype};
    }
    outputs_of(ctx.out[i], std::span(from, group), to);
    calls.push_back(
        {std::span(from, group + singles), std::span(to, group - 1), static_cast<const char*>(params) + i * stride});
  }
  run_elementwise(kernel_of(ctx.op), calls);
}

}  // namespace mx
