// Outputs that are streamed hold the same bits as those that are not, except those of softmax, where other loops do the
// work.
#include <cmath>
#include <cstring>
#include <limits>

#include "mx/attrs.h"
#include "mx/op/stream.h"
#include "run.h"

using namespace mx;
using namespace mx::test;

namespace {
// Like Array, but aligned as arrays of the storage are: only such outputs are streamed.
struct Aligned {
  explicit Aligned(const Shape& shape, DType dtype)
      : bytes(static_cast<size_t>(shape.size()) * size_of(dtype) + 64), tensor{nullptr, shape, dtype} {
    tensor.data = bytes.data() + (64 - reinterpret_cast<uintptr_t>(bytes.data()) % 64) % 64;
  }
  std::vector<char> bytes;
  Tensor tensor;
};

std::vector<char> run_aligned(const char* name, const std::vector<Array>& in, const Shape& shape, DType dtype,
                              const AttrMap& attrs, int64_t limit) {
  const int64_t before = streaming_limit();
  set_streaming_limit(limit);
  const OpDef& op = get_op(name);
  const Params params = Params::parse(op.param_struct(), attrs, name);
  std::vector<Tensor> tensors;
  for (const Array& a : in) tensors.push_back(a.tensor());
  const Aligned out(shape, dtype);
  const WorkspaceScope scope;
  op.forward_fn(OpContext{.op = op, .params = params.data(), .in = tensors, .out = {&out.tensor, 1}});
  set_streaming_limit(before);
  return {out.tensor.as<char>(), out.tensor.as<char>() + out.tensor.bytes()};
}
template <class T>
bool all_near(const std::vector<char>& a, const std::vector<char>& b, double tolerance) {
  for (size_t i = 0; i < a.size(); i += sizeof(T)) {
    T x, y;
    std::memcpy(&x, &a[i], sizeof(T)), std::memcpy(&y, &b[i], sizeof(T));
    if (std::isnan(x) != std::isnan(y) || std::fabs(x - y) > tolerance * std::fmax(1, std::fabs(x))) return false;
  }
  return true;
}
}  // namespace

TEST_CASE("streamed float32 outputs of elementwise operators, copies and transpositions") {
  const Shape sizes[] = {{1},        {15},      {16},          {1000},    {1025},    {70, 33},
                         {300, 520}, {64, 128}, {3, 40, 1100}, {9, 1003}, {3, 9000}, {70000}};
  for (const DType dtype : {DType::kFloat32, DType::kFloat16, DType::kUint8, DType::kFloat64})
    for (const Shape& shape : sizes) {
      CAPTURE(dtype);
      CAPTURE(shape);
      std::vector<double> values = random_values(shape.size(), 0, 100);
      const Array x(shape, values, dtype);
      Shape row = shape, column = shape, reversed = shape;
      for (int i = 0; i + 1 < shape.ndim; ++i) row[i] = 1;
      column[shape.ndim - 1] = 1;
      for (int i = 0; i < shape.ndim; ++i) reversed[i] = shape[shape.ndim - 1 - i];
      const Array r(row, random_values(row.size(), 0, 100), dtype),
          c(column, random_values(column.size(), 0, 100), dtype);
      const struct {
        const char* op;
        std::vector<Array> in;
        Shape out;
        AttrMap attrs;
      } cases[] = {
          {"elemwise_add", {x, x}, shape, {}},
          {"broadcast_add", {x, r}, shape, {}},
          {"broadcast_mul", {c, x}, shape, {}},
          {"_plus_scalar", {x}, shape, {{"scalar", "3"}}},
          {"_copy", {x}, shape, {}},
          {"transpose", {x}, reversed, {}},
          {"tile", {x}, shape, {{"reps", "(1,)"}}},
          {"zeros_like", {x}, shape, {}},
          {"ones_like", {x}, shape, {}},
          {"square", {x}, shape, {}},
          {"exp", {x}, shape, {}},
          {"sigmoid", {x}, shape, {}},
          {"log1p", {x}, shape, {}},
          {"tanh", {x}, shape, {}},
          {"arccos", {x}, shape, {}},
          {"broadcast_add", {r, c}, shape, {}},
      };
      for (const auto& one : cases) {
        CAPTURE(one.op);
        CHECK(run_aligned(one.op, one.in, one.out, dtype, one.attrs, 1) ==
              run_aligned(one.op, one.in, one.out, dtype, one.attrs, int64_t{1} << 60));
      }
    }
}

TEST_CASE("streamed transpositions of any order, also of rows that begin anywhere in a line") {
  const struct {
    Shape shape, axes;
  } cases[] = {
      {{64, 300}, {1, 0}},
      {{1040, 64}, {1, 0}},
      {{333, 517}, {1, 0}},
      {{517, 1300}, {1, 0}},
      {{48, 2101}, {1, 0}},
      {{2101, 48}, {1, 0}},
      {{5, 1500}, {1, 0}},
      {{3, 610, 192}, {0, 2, 1}},
      {{7, 64, 311}, {0, 2, 1}},
      {{7, 311, 64}, {0, 2, 1}},
      {{9, 31, 300}, {2, 1, 0}},
      {{3, 40, 8, 25}, {0, 2, 1, 3}},
      {{2, 300, 4, 33}, {0, 2, 1, 3}},
      {{2, 90, 40, 133}, {0, 2, 1, 3}},
      {{2, 3, 1000}, {0, 2, 1}},
      {{2, 1000, 3}, {0, 2, 1}},
      {{2, 3, 4, 1000}, {2, 1, 0, 3}},
      {{2, 300, 2}, {1, 2, 0}},
  };
  for (const DType dtype : {DType::kUint8, DType::kFloat16, DType::kFloat32, DType::kFloat64})
    for (const auto& one : cases) {
      CAPTURE(dtype);
      CAPTURE(one.shape);
      CAPTURE(one.axes);
      std::vector<double> values(static_cast<size_t>(one.shape.size()));
      for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i * 7 % 251);
      const Array x(one.shape, values, dtype);
      Shape out = one.shape;
      for (int i = 0; i < out.ndim; ++i) out[i] = one.shape[static_cast<int>(one.axes[i])];
      const AttrMap axes{{"axes", str(one.axes)}};
      CHECK(run_aligned("transpose", {x}, out, dtype, axes, 1) ==
            run_aligned("transpose", {x}, out, dtype, axes, int64_t{1} << 60));
    }
}

TEST_CASE("streamed softmax and its gradient, along short, long, very long and middle axes") {
  const struct {
    Shape shape;
    const char* axis;
  } cases[] = {{{1000, 10}, "-1"},   {{300, 32}, "1"},   {{77, 33}, "-1"},     {{9, 4000}, "1"},  {{2, 32768}, "1"},
               {{40, 1000}, "1"},    {{4, 8192}, "1"},   {{4, 8193}, "1"},     {{2, 32769}, "1"}, {{3, 64, 1000}, "1"},
               {{2, 5000, 37}, "1"}, {{2, 3, 700}, "1"}, {{600, 70}, "0"},     {{700, 16}, "1"},  {{700, 2}, "1"},
               {{5, 50, 129}, "1"},  {{3, 20, 5}, "1"},  {{2, 700, 100}, "1"}, {{40, 3, 64}, "1"}};
  // Largest elements of every size, also beyond what exp() takes as it is.
  const struct {
    DType dtype;
    double low, high;
  } ranges[] = {
      {DType::kFloat32, -20, 20}, {DType::kFloat64, -20, 20}, {DType::kFloat32, 40, 80}, {DType::kFloat32, -200, -5}};
  for (const auto& [dtype, low, high] : ranges)
    for (const auto& one : cases) {
      CAPTURE(dtype);
      CAPTURE(one.shape);
      CAPTURE(low);
      const Array x(one.shape, random_values(one.shape.size(), low, high), dtype),
          y(one.shape, random_values(one.shape.size(), 0, 1), dtype);
      const AttrMap attrs{{"axis", one.axis}};
      for (const char* op : {"softmax", "log_softmax", "_backward_softmax", "_backward_log_softmax"}) {
        CAPTURE(op);
        const std::vector<Array> in = op[0] == '_' ? std::vector<Array>{x, y, x} : std::vector<Array>{x};
        const auto streamed = run_aligned(op, in, one.shape, dtype, attrs, 1),
                   plain = run_aligned(op, in, one.shape, dtype, attrs, int64_t{1} << 60);
        if (dtype == DType::kFloat64 || op[0] == '_')
          CHECK(streamed == plain);
        else
          CHECK(all_near<float>(streamed, plain, 1e-6));
      }
    }
}

TEST_CASE("streamed softmax of numbers that are masked, too large, or none") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double special : {-1e4, -1e9, -1e30, -infinity, 1e4, infinity, std::nan("")})
    for (const char* axis : {"0", "1"})
      for (const Shape& shape : {Shape{640, 10}, Shape{64, 130}, Shape{20, 900}}) {
        CAPTURE(special);
        CAPTURE(axis);
        CAPTURE(shape);
        std::vector<double> values = random_values(shape.size(), -3, 3);
        for (size_t i = 0; i < values.size(); i += 7) values[i] = special;
        const Array x(shape, values, DType::kFloat32);
        for (const char* op : {"softmax", "log_softmax"}) {
          CAPTURE(op);
          const AttrMap attrs{{"axis", axis}};
          CHECK(all_near<float>(run_aligned(op, {x}, shape, DType::kFloat32, attrs, 1),
                                run_aligned(op, {x}, shape, DType::kFloat32, attrs, int64_t{1} << 60), 1e-6));
        }
      }
}

TEST_CASE("outputs that are not aligned to a cache line are not streamed") {
  alignas(64) const char memory[128] = {};
  CHECK(worth_streaming(memory, streaming_limit()));
  CHECK_FALSE(worth_streaming(memory + 4, streaming_limit()));
  CHECK_FALSE(worth_streaming(memory, streaming_limit() - 1));
}
