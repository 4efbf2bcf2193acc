// Products of attention on projections that lie interleaved: (time, batch, heads * parts * size), where the parts are
// queries, keys and values, or some of them. The products read and write such arrays in place, by strides.
#include <cmath>

#include "graph/second_gradient.h"
#include "mx/op/elementwise.h"
#include "mx/op/strided.h"
#include "op/matrix/gemm.h"

namespace mx {
namespace {

struct HeadsParam {
  int32_t heads = 1;
  static void fields(auto& f) {
    f.add("heads", &HeadsParam::heads, "How many heads of attention there are.").range(1).required();
  }
};

// One part of an interleaved array: for each of the batch * heads matrices (time, size).
struct Projection {
  const Tensor& array;
  int64_t time, count, parts, size;

  Projection(const OpContext& ctx, const Tensor& array, int64_t parts)
      : array(array),
        time(array.shape[0]),
        count(array.shape[1] * ctx.as<HeadsParam>().heads),
        parts(parts),
        size(array.shape[2] / (ctx.as<HeadsParam>().heads * parts)) {}
  Strides strides() const { return {parts * size, count * parts * size, 1}; }
  void* part(int64_t i) const { return element_at(array, i * size); }
};

void multiply(const OpContext& ctx, int64_t count, int64_t m, int64_t n, int64_t k, Strides a, const void* x, Strides b,
              const void* y, Strides c, void* out) {
  gemm(ctx, {count, m, n, k, a, b, c, ctx.in[0].dtype}, x, y, out);
}
void scale(const Tensor& array, double factor) {
  const Tensor number{&factor, Shape{1}, DType::kFloat64};
  const Tensor in[] = {array, number};
  run_elementwise(get_kernel("multiply"), in, std::span(&array, 1));
}
double scale_of(const Projection& q) { return 1 / std::sqrt(static_cast<double>(q.size)); }

// scores (batch * heads, time of q, time of k) = q k^T / sqrt(size)
void scores(const OpContext& ctx, const Projection& q, int64_t q_part, const Projection& k, int64_t k_part) {
  const Tensor& out = ctx.out[0];
  multiply(ctx, q.count, q.time, k.time, q.size, q.strides(), q.part(q_part), transposed(k.strides()), k.part(k_part),
           row_major(q.time, k.time), out.data);
  scale(out, scale_of(q));
}
// Into parts of arrays like q and k, each of which somebody may not want.
void scores_gradient(const OpContext& ctx, const Projection& q, const Projection& k, const Projection& dq,
                     const Projection& dk, int64_t q_part, int64_t k_part) {
  const Strides head = row_major(q.time, k.time);
  if (dq.array.data)
    multiply(ctx, q.count, q.time, q.size, k.time, head, ctx.in[0].data, k.strides(), k.part(k_part), dq.strides(),
             dq.part(q_part));
  if (dk.array.data)
    multiply(ctx, k.count, k.time, k.size, q.time, transposed(head), ctx.in[0].data, q.strides(), q.part(q_part),
             dk.strides(), dk.part(k_part));
}

// out (time of the attention, batch, heads * size) = attention values
void average(const OpContext& ctx, const Projection& v, int64_t part) {
  const Projection out(ctx, ctx.out[0], 1);
  multiply(ctx, v.count, out.time, v.size, v.time, row_major(out.time, v.time), ctx.in[1].data, v.strides(),
           v.part(part), out.strides(), out.part(0));
}
// (head, interleaved, attention) -> gradients of the latter two
void average_gradient(const OpContext& ctx, int64_t parts, int64_t part) {
  const Projection head(ctx, ctx.in[0], 1), v(ctx, ctx.in[1], parts), dv(ctx, ctx.out[0], parts);
  const Strides attention = row_major(head.time, v.time);
  if (ctx.wants(0)) {
    fill_zeros(ctx.out[0]);
    multiply(ctx, v.count, v.time, v.size, head.time, transposed(attention), ctx.in[2].data, head.strides(),
             head.part(0), dv.strides(), dv.part(part));
  }
  if (ctx.wants(1))
    multiply(ctx, v.count, head.time, v.time, v.size, head.strides(), head.part(0), transposed(v.strides()),
             v.part(part), attention, ctx.out[1].data);
}

// Checks an interleaved input; true when its shape is known.
bool check(const InferShape& s, size_t input, int64_t parts) {
  const Shape& shape = s.in[input];
  if (!shape.rank_known()) return false;
  const int64_t unit = s.as<HeadsParam>().heads * parts;
  MX_CHECK(shape.ndim == 3 && (shape[2] < 0 || shape[2] % unit == 0), kValue, "[", s.op.name, "] ",
           s.op.inputs[input].name, " has shape ", shape, ", but must be (time, batch, a multiple of heads times ",
           parts, " = ", unit, ")");
  return shape.known();
}
// Batch and size of heads of two interleaved inputs must agree.
void check_pair(const InferShape& s, const Shape& queries, const Shape& keys) {
  MX_CHECK(queries[1] == keys[1] && queries[2] * 2 == keys[2], kValue, "[", s.op.name, "] queries ", queries,
           " and keys_values ", keys, " must have one batch, and as many queries as keys");
}
void infer_average(const InferShape& s, int64_t parts) {
  if (!check(s, 0, parts)) return;
  const Shape &values = s.in[0], &attention = s.in[1];
  const int64_t count = values[1] * s.as<HeadsParam>().heads;
  const int64_t time = attention.ndim == 3 ? attention[1] : parts == 3 ? values[0] : -1;
  s.set_input(1, Shape{count, time, values[0]});
  s.set_output(0, Shape{time, values[1], values[2] / parts});
}

// Part `part` of an interleaved array, (batch * heads, time, size).
Value matrices(ComposeContext& c, const Value& array, int parts, int part) {
  const std::string heads = std::to_string(c.as<HeadsParam>().heads), first = std::to_string(part);
  const Value split =
      call_with(c, "Reshape", {array}, {{"shape", "(0, 0, " + heads + ", " + std::to_string(parts) + ", -1)"}});
  const Value one =
      call_with(c, "slice_axis", {split}, {{"axis", "3"}, {"begin", first}, {"end", std::to_string(part + 1)}});
  const Value flat = call_with(c, "Reshape", {one}, {{"shape", "(0, 0, 0, -1)"}});
  return call_with(c, "Reshape", {call_with(c, "transpose", {flat}, {{"axes", "(1, 2, 0, 3)"}})},
                   {{"shape", "(-3, 0, 0)"}});
}
// What scores() and average() compute, in other operators.
void score_expression(ComposeContext& c, const Value& q, const Value& k) {
  c.out = {call_with(c, "batch_dot", {c.call("_contrib_div_sqrt_dim", {q}), k}, {{"transpose_b", "True"}})};
}
void average_expression(ComposeContext& c, const Value& attention, const Value& values) {
  const std::string heads = std::to_string(c.as<HeadsParam>().heads);
  const Value split =
      call_with(c, "Reshape", {c.call("batch_dot", {attention, values})}, {{"shape", "(-4, -1, " + heads + ", 0, 0)"}});
  const Value ordered = call_with(c, "transpose", {split}, {{"axes", "(2, 0, 1, 3)"}});
  c.out = {call_with(c, "Reshape", {ordered}, {{"shape", "(0, 0, -3)"}})};
}

OpDef& gradient_of(OpDef& op, std::initializer_list<const char*> inputs) {
  op.describe("The gradients of the inputs.").params<HeadsParam>().input("head", "The gradient of the result.");
  for (const char* name : inputs) op.input(name, "As it was given.").output(name);
  return op.infer_shape([](const InferShape& s) {
    for (size_t i = 0; i < s.out.size(); ++i) s.same(i + 1, i);
  });
}
// The gradient function of an operator with one or two inputs.
void call_backward(GradientContext& g) {
  std::vector<Value> in = {g.head()};
  for (size_t i = 0; i < g.num_inputs(); ++i) in.push_back(g.input(i));
  const std::string name = "_backward" + g.op().name;
  const auto gradients = g.builder().call_all(name.c_str(), in, g.params());
  for (size_t i = 0; i < gradients.size(); ++i)
    if (g.wants(i)) g.set(i, gradients[i]);
}

}  // namespace

MX_OPERATOR(_contrib_interleaved_matmul_selfatt_qk) {
  op.describe(
        "Scores of self-attention: for every head the products of queries and keys, divided by sqrt(size of a head).")
      .input("queries_keys_values", "(time, batch, heads * 3 * size), the three of each head side by side.")
      .output("output", "(batch * heads, time, time).")
      .params<HeadsParam>()
      .infer_shape([](const InferShape& s) {
        if (!check(s, 0, 3)) return;
        const Shape& in = s.in[0];
        s.set_output(0, Shape{in[1] * s.as<HeadsParam>().heads, in[0], in[0]});
      })
      .portable_forward([](const OpContext& ctx) {
        const Projection all(ctx, ctx.in[0], 3);
        scores(ctx, all, 0, all, 1);
      })
      .gradient(call_backward)
      .amp(Amp::kHalf);
}
MX_OPERATOR(_backward_contrib_interleaved_matmul_selfatt_qk) {
  gradient_of(op, {"queries_keys_values"})
      .portable_forward([](const OpContext& ctx) {
        const Projection all(ctx, ctx.in[1], 3), gradient(ctx, ctx.out[0], 3);
        fill_zeros(ctx.out[0]);
        scores_gradient(ctx, all, all, gradient, gradient, 0, 1);
        scale(ctx.out[0], scale_of(all));
      })
      .gradient([](GradientContext& g) {
        second_gradient(g, 1, [](ComposeContext& c) {
          score_expression(c, matrices(c, c.in[0], 3, 0), matrices(c, c.in[0], 3, 1));
        });
      });
}

MX_OPERATOR(_contrib_interleaved_matmul_selfatt_valatt) {
  op.describe("Averages of self-attention: for every head the values, weighted by the attention.")
      .input("queries_keys_values", "(time, batch, heads * 3 * size), the three of each head side by side.")
      .input("attention", "(batch * heads, time, time).")
      .output("output", "(time, batch, heads * size).")
      .params<HeadsParam>()
      .infer_shape([](const InferShape& s) { infer_average(s, 3); })
      .portable_forward([](const OpContext& ctx) { average(ctx, Projection(ctx, ctx.in[0], 3), 2); })
      .gradient(call_backward)
      .amp(Amp::kHalf);
}
MX_OPERATOR(_backward_contrib_interleaved_matmul_selfatt_valatt) {
  gradient_of(op, {"queries_keys_values", "attention"})
      .portable_forward([](const OpContext& ctx) { average_gradient(ctx, 3, 2); })
      .gradient([](GradientContext& g) {
        second_gradient(g, 2, [](ComposeContext& c) { average_expression(c, c.in[1], matrices(c, c.in[0], 3, 2)); });
      });
}

MX_OPERATOR(_contrib_interleaved_matmul_encdec_qk) {
  op.describe(
        "Scores of attention to another sequence: for every head the products of queries and keys, divided by "
        "sqrt(size of a head).")
      .input("queries", "(time of queries, batch, heads * size).")
      .input("keys_values", "(time of keys, batch, heads * 2 * size), the two of each head side by side.")
      .output("output", "(batch * heads, time of queries, time of keys).")
      .params<HeadsParam>()
      .infer_shape([](const InferShape& s) {
        const bool known = check(s, 0, 1);
        if (!check(s, 1, 2) || !known) return;
        check_pair(s, s.in[0], s.in[1]);
        s.set_output(0, Shape{s.in[0][1] * s.as<HeadsParam>().heads, s.in[0][0], s.in[1][0]});
      })
      .portable_forward(
          [](const OpContext& ctx) { scores(ctx, Projection(ctx, ctx.in[0], 1), 0, Projection(ctx, ctx.in[1], 2), 0); })
      .gradient(call_backward)
      .amp(Amp::kHalf);
}
MX_OPERATOR(_backward_contrib_interleaved_matmul_encdec_qk) {
  gradient_of(op, {"queries", "keys_values"})
      .portable_forward([](const OpContext& ctx) {
        const Projection q(ctx, ctx.in[1], 1), kv(ctx, ctx.in[2], 2), dq(ctx, ctx.out[0], 1), dkv(ctx, ctx.out[1], 2);
        if (ctx.wants(1)) fill_zeros(ctx.out[1]);
        scores_gradient(ctx, q, kv, dq, dkv, 0, 0);
        for (const Tensor& out : ctx.out)
          if (out.data) scale(out, scale_of(q));
      })
      .gradient([](GradientContext& g) {
        second_gradient(g, 2, [](ComposeContext& c) {
          score_expression(c, matrices(c, c.in[0], 1, 0), matrices(c, c.in[1], 2, 0));
        });
      });
}

MX_OPERATOR(_contrib_interleaved_matmul_encdec_valatt) {
  op.describe("Averages of attention to another sequence: for every head the values, weighted by the attention.")
      .input("keys_values", "(time of keys, batch, heads * 2 * size), the two of each head side by side.")
      .input("attention", "(batch * heads, time of queries, time of keys).")
      .output("output", "(time of queries, batch, heads * size).")
      .params<HeadsParam>()
      .infer_shape([](const InferShape& s) { infer_average(s, 2); })
      .portable_forward([](const OpContext& ctx) { average(ctx, Projection(ctx, ctx.in[0], 2), 1); })
      .gradient(call_backward)
      .amp(Amp::kHalf);
}
MX_OPERATOR(_backward_contrib_interleaved_matmul_encdec_valatt) {
  gradient_of(op, {"keys_values", "attention"})
      .portable_forward([](const OpContext& ctx) { average_gradient(ctx, 2, 1); })
      .gradient([](GradientContext& g) {
        second_gradient(g, 2, [](ComposeContext& c) { average_expression(c, c.in[1], matrices(c, c.in[0], 2, 1)); });
      });
}

}  // namespace mx
