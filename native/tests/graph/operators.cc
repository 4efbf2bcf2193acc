// Operators that only the tests use.
#include <cstring>

#include "mx/op.h"

using namespace mx;

namespace {

void copy_first(const OpContext& c) {
  if (c.out[0].data != c.in[0].data) std::memcpy(c.out[0].data, c.in[0].data, c.in[0].bytes());
}

}  // namespace

// Counts its training runs in an auxiliary state.
MX_OPERATOR(_test_count) {
  op.describe("Identity that counts.").hidden();
  op.input("data", "anything")
      .input("count", "one number")
      .mutates({1})
      .input_attr("count", "__init__", "[\"zero\", {}]");
  op.infer_shape([](const InferShape& c) {
    c.same(0, 0);
    c.set_input(1, Shape{1});
  });
  op.uses_train_mode().forward([](const OpContext& c) {
    copy_first(c);
    if (c.is_train) *c.in[1].as<float>() += 1;
  });
  op.gradient([](GradientContext& g) { g.set(0, g.head()); });
}

// data * data + data, from other operators.
MX_OPERATOR(_test_composite) {
  op.describe("A composite.").hidden().input("data", "anything");
  op.compose([](ComposeContext& c) {
    const Value square = c.call("elemwise_mul", {c.in[0], c.in[0]});
    c.out.push_back(c.call("elemwise_add", {square, c.in[0]}));
  });
}

// A composite of a composite.
MX_OPERATOR(_test_nested) {
  op.describe("A composite.").hidden().input("data", "anything");
  op.compose([](ComposeContext& c) {
    c.out.push_back(c.call("elemwise_add", {c.call("_test_composite", {c.in[0]}), c.in[0]}));
  });
}

MX_OPERATOR(_test_no_gradient) {
  op.describe("Has no gradient.").hidden().input("data", "anything").infer_shape(same_shape).forward(copy_first);
}

MX_OPERATOR(_test_stop) {
  op.describe("Its gradient is zero.").hidden().input("data", "anything").infer_shape(same_shape).forward(copy_first);
  op.no_gradient();
}

// A loss: the gradient is the data, whatever the head gradient.
MX_OPERATOR(_test_loss) {
  op.describe("A loss.").hidden().input("data", "anything").infer_shape(same_shape).forward(copy_first);
  op.ignores_head().gradient([](GradientContext& g) { g.set(0, g.input(0)); });
}

MX_OPERATOR(_test_fail) {
  op.describe("Always fails.").hidden().input("data", "anything").infer_shape(same_shape);
  op.forward([](const OpContext&) { raise(ErrorKind::kValue, "[_test_fail] it failed"); });
}

// Sums neighbours, so it must not run in place; a hidden output keeps the data for the gradient.
MX_OPERATOR(_test_blur) {
  op.describe("Sums of neighbours.").hidden().input("data", "anything");
  op.output("output").output("kept").visible_outputs(1).infer_shape(same_shape);
  op.forward([](const OpContext& c) {
    const int64_t n = c.in[0].size();
    float* scratch = static_cast<float*>(c.workspace(c.in[0].bytes()));
    std::memcpy(scratch, c.in[0].data, c.in[0].bytes());
    for (int64_t i = 0; i < n; ++i) c.out[0].as<float>()[i] = c.in[0].as<float>()[i] + scratch[(i + 1) % n];
    if (c.wants(1)) std::memcpy(c.out[1].data, c.in[0].data, c.in[0].bytes());
  });
}

// Two visible outputs: the data, and the data plus one.
MX_OPERATOR(_test_two) {
  op.describe("Two outputs.").hidden().input("data", "anything").output("same").output("more").infer_shape(same_shape);
  op.forward([](const OpContext& c) {
    copy_first(c);
    for (int64_t i = 0; i < c.in[0].size(); ++i) c.out[1].as<float>()[i] = c.in[0].as<float>()[i] + 1;
  });
  op.gradient([](GradientContext& g) { g.set(0, g.call("elemwise_add", {g.head(0), g.head(1)})); });
}

// Its gradient operator tells in what it writes whether the other output was wanted.
MX_OPERATOR(_test_pair) {
  op.describe("The sum of two arrays.").hidden().input("left", "anything").input("right", "anything");
  op.infer_shape(same_shape).forward([](const OpContext& c) {
    for (int64_t i = 0; i < c.in[0].size(); ++i)
      c.out[0].as<float>()[i] = c.in[0].as<float>()[i] + c.in[1].as<float>()[i];
  });
  op.gradient([](GradientContext& g) {
    const auto gradients = g.call_same("_backward__test_pair", {g.head()});
    for (size_t i = 0; i < 2; ++i) g.set(i, gradients.at(i));
  });
}

MX_OPERATOR(_backward__test_pair) {
  op.describe("Gradient of _test_pair: writes 1 and 2.").input("head", "anything").output("left").output("right");
  op.infer_shape(same_shape).forward([](const OpContext& c) {
    // An output that is not wanted shows in the other: 10 is added.
    for (size_t o = 0; o < 2; ++o)
      for (int64_t i = 0; c.wants(o) && i < c.out[o].size(); ++i)
        c.out[o].as<float>()[i] = static_cast<float>(o + 1) + (c.wants(1 - o) ? 0.f : 10.f);
  });
}
