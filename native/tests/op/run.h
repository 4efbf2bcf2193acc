// Runs operators on plain arrays, for the tests of their kernels.
#pragma once
#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "executor/workspace.h"
#include "mx/op/kernel.h"
#include "mx/opdef.h"

namespace mx::test {

// A dense array that owns its elements.
struct Array {
  std::vector<char> bytes;
  Shape shape;
  DType dtype = DType::kFloat32;

  Array() = default;
  Array(const Shape& s, DType d) : bytes(static_cast<size_t>(s.size()) * size_of(d) + 1), shape(s), dtype(d) {}
  // Converts the values, in C order.
  Array(const Shape& s, const std::vector<double>& values, DType d = DType::kFloat32) : Array(s, d) {
    REQUIRE(static_cast<int64_t>(values.size()) == s.size());
    convert(values.data(), DType::kFloat64, bytes.data(), d, s.size());
  }
  Tensor tensor() const { return {const_cast<char*>(bytes.data()), shape, dtype}; }
  std::vector<double> values() const {
    std::vector<double> out(static_cast<size_t>(shape.size()));
    convert(bytes.data(), dtype, out.data(), DType::kFloat64, shape.size());
    return out;
  }
  bool operator==(const Array& other) const {
    return shape == other.shape && dtype == other.dtype && bytes == other.bytes;
  }
};

inline std::vector<double> random_values(int64_t count, double low = -2, double high = 2, unsigned seed = 7) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> draw(low, high);
  std::vector<double> out(static_cast<size_t>(count));
  for (double& x : out) x = draw(engine);
  return out;
}

// All outputs of an operator; inference decides their shapes and dtypes.
inline std::vector<Array> run_all(const char* name, const std::vector<Array>& in, Params params = Params::of(NoParam{}),
                                  bool is_train = false, PhiloxGenerator* random = nullptr) {
  const OpDef& op = get_op(name);
  std::vector<Shape> in_shapes, out_shapes(static_cast<size_t>(op.count_outputs(params.data())));
  std::vector<DType> in_dtypes, out_dtypes(out_shapes.size(), DType::kUnknown);
  std::vector<Tensor> in_tensors, out_tensors;
  for (const Array& a : in)
    in_shapes.push_back(a.shape), in_dtypes.push_back(a.dtype), in_tensors.push_back(a.tensor());
  infer_shapes(op, params.data(), in_shapes, out_shapes);
  infer_dtypes(op, params.data(), in_dtypes, out_dtypes);
  std::vector<Array> out;
  for (size_t i = 0; i < out_shapes.size(); ++i) {
    REQUIRE(out_shapes[i].known());
    REQUIRE(out_dtypes[i] != DType::kUnknown);
    out.emplace_back(out_shapes[i], out_dtypes[i]);
  }
  for (const Array& a : out) out_tensors.push_back(a.tensor());
  const WorkspaceScope scope;
  op.forward_fn({op, params.data(), in_tensors, out_tensors, is_train, random});
  return out;
}
template <class P = NoParam>
Array run(const char* name, const std::vector<Array>& in, P params = {}) {
  return run_all(name, in, Params::of(std::move(params))).at(0);
}

inline void check_close(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
  REQUIRE(got.size() == expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CAPTURE(got[i]);
    if (expected[i] != expected[i]) {
      CHECK(got[i] != got[i]);
    } else {
      CHECK((got[i] == expected[i] || got[i] == doctest::Approx(expected[i]).epsilon(tolerance).scale(1)));
    }
  }
}

}  // namespace mx::test
