// Outputs that are streamed hold the same bits as those that are not.
#include <cstring>

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
}  // namespace

TEST_CASE("streamed float32 outputs of elementwise operators, copies and transpositions") {
  const Shape sizes[] = {{1}, {15}, {16}, {1000}, {1025}, {70, 33}, {300, 520}, {64, 128}, {3, 40, 1100}};
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
      };
      for (const auto& one : cases) {
        CAPTURE(one.op);
        CHECK(run_aligned(one.op, one.in, one.out, dtype, one.attrs, 1) ==
              run_aligned(one.op, one.in, one.out, dtype, one.attrs, int64_t{1} << 60));
      }
    }
}

TEST_CASE("outputs that are not aligned to a cache line are not streamed") {
  alignas(64) const char memory[128] = {};
  CHECK(worth_streaming(memory, streaming_limit()));
  CHECK_FALSE(worth_streaming(memory + 4, streaming_limit()));
  CHECK_FALSE(worth_streaming(memory, streaming_limit() - 1));
}
