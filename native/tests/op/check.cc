#include "op/check.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include "executor/autograd.h"
#include "executor/imperative.h"

namespace mx::testing {

NDArrayRef array_of(const Shape& shape, const std::vector<double>& values, DType dtype) {
  auto array = make_ref<NDArray>(shape, DType::kFloat64);
  REQUIRE(array->size() == static_cast<int64_t>(values.size()));
  std::copy(values.begin(), values.end(), static_cast<double*>(array->data()));
  return cast(array, dtype);
}

NDArrayRef random_array(const Shape& shape, DType dtype, uint32_t seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<size_t>(shape.size()));
  for (double& value : values) value = normal(engine);
  return array_of(shape, values, dtype);
}

// By the compiler's own conversions: the operators under test are no part of it.
static double load(const NDArray& array, int64_t i) {
  switch (array.dtype) {
    case DType::kFloat64:
      return static_cast<const double*>(array.data())[i];
    case DType::kFloat32:
      return static_cast<const float*>(array.data())[i];
    case DType::kInt32:
      return static_cast<const int32_t*>(array.data())[i];
    case DType::kFloat16:
      return static_cast<double>(std::bit_cast<_Float16>(static_cast<const uint16_t*>(array.data())[i]));
    case DType::kBfloat16:
      return std::bit_cast<float>(static_cast<uint32_t>(static_cast<const uint16_t*>(array.data())[i]) << 16);
    default:
      raise(ErrorKind::kType, "[testing] ", array.dtype);
  }
}

static void store(NDArray& array, int64_t i, double value) {
  switch (array.dtype) {
    case DType::kFloat64:
      static_cast<double*>(array.data())[i] = value;
      break;
    case DType::kFloat32:
      static_cast<float*>(array.data())[i] = static_cast<float>(value);
      break;
    case DType::kInt32:
      static_cast<int32_t*>(array.data())[i] = static_cast<int32_t>(value);
      break;
    case DType::kFloat16:
      static_cast<uint16_t*>(array.data())[i] = std::bit_cast<uint16_t>(static_cast<_Float16>(value));
      break;
    case DType::kBfloat16:  // truncates: good enough for random numbers
      static_cast<uint16_t*>(array.data())[i] =
          static_cast<uint16_t>(std::bit_cast<uint32_t>(static_cast<float>(value)) >> 16);
      break;
    default:
      raise(ErrorKind::kType, "[testing] ", array.dtype);
  }
}

NDArrayRef cast(const NDArrayRef& array, DType dtype) {
  auto result = make_ref<NDArray>(array->shape, dtype);
  for (int64_t i = 0; i < array->size(); ++i) store(*result, i, load(*array, i));
  return result;
}

std::vector<double> values_of(const NDArrayRef& array) {
  std::vector<double> values(static_cast<size_t>(array->size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = load(*array, static_cast<int64_t>(i));
  return values;
}

static std::vector<NDArray*> pointers(const Arrays& arrays) {
  std::vector<NDArray*> result;
  for (const NDArrayRef& array : arrays) result.push_back(array.get());
  return result;
}

static Arrays call(const OpDef& op, const Params& params, const Arrays& inputs) {
  Arrays outputs(static_cast<size_t>(op.count_visible(params.data())));
  invoke(op, params.data(), &params, pointers(inputs), outputs);
  return outputs;
}

Arrays run(const std::string& name, const AttrMap& attrs, const Arrays& inputs, bool training) {
  const OpDef& op = get_op(name);
  autograd::mode() = {false, training};
  return call(op, Params::parse(op.param_struct(), attrs, name), inputs);
}

Arrays gradients(const std::string& name, const AttrMap& attrs, const Arrays& inputs, const NDArrayRef& head) {
  const OpDef& op = get_op(name);
  Arrays results;
  for (const NDArrayRef& input : inputs) {
    results.push_back(make_ref<NDArray>(input->shape, input->dtype));
    autograd::mark_variable(*input, results.back(), MX_REQ_WRITE);
  }
  autograd::mode() = {true, true};
  const Arrays outputs = call(op, Params::parse(op.param_struct(), attrs, name), inputs);
  autograd::mode() = {};
  NDArray *const heads[] = {outputs[0].get()}, *const head_gradients[] = {head.get()};
  autograd::backward(heads, head_gradients, {}, {});
  for (const NDArrayRef& input : inputs) autograd::mark_variable(*input, nullptr, MX_REQ_NULL);
  return results;
}

double difference(const NDArrayRef& a, const NDArrayRef& b) {
  REQUIRE(a->shape == b->shape);
  const auto x = values_of(a), y = values_of(b);
  double scale = 1, worst = 0;
  for (double value : y) scale = std::max(scale, std::abs(value));
  for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::isfinite(x[i]) ? std::abs(x[i] - y[i]) : INFINITY);
  return worst / scale;
}

static double weighted_sum(const NDArrayRef& a, const NDArrayRef& b) {
  const auto x = values_of(a), y = values_of(b);
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

void check_gradients(const std::string& op, const AttrMap& attrs, const Arrays& inputs, size_t differentiable) {
  CAPTURE(op);
  for (const auto& [key, value] : attrs) CAPTURE(key + "=" + value);
  const NDArrayRef head = random_array(run(op, attrs, inputs, true)[0]->shape, DType::kFloat64, 7);
  const Arrays found = gradients(op, attrs, inputs, head);
  constexpr double kStep = 1e-5;
  for (size_t i = 0; i < differentiable; ++i) {
    CAPTURE(i);
    auto* data = static_cast<double*>(inputs[i]->data());
    std::vector<double> expected(static_cast<size_t>(inputs[i]->size()));
    for (size_t k = 0; k < expected.size(); ++k) {
      const double value = data[k];
      data[k] = value + kStep;
      const double above = weighted_sum(run(op, attrs, inputs, true)[0], head);
      data[k] = value - kStep;
      const double below = weighted_sum(run(op, attrs, inputs, true)[0], head);
      data[k] = value;
      expected[k] = (above - below) / (2 * kStep);
    }
    CHECK(difference(found[i], array_of(inputs[i]->shape, expected)) < 1e-7);
  }
}

void check_dtypes(const std::string& op, const AttrMap& attrs, const Arrays& inputs, size_t differentiable) {
  CAPTURE(op);
  struct Case {
    DType dtype;
    double tolerance;
  };
  for (const Case& c : {Case{DType::kFloat32, 1e-5}, Case{DType::kFloat16, 1e-2}, Case{DType::kBfloat16, 6e-2}}) {
    CAPTURE(name_of(c.dtype));
    Arrays narrow, wide;
    for (const NDArrayRef& input : inputs) {
      narrow.push_back(cast(input, c.dtype));
      wide.push_back(cast(narrow.back(), DType::kFloat64));  // what the rounded numbers give
    }
    const NDArrayRef output = run(op, attrs, narrow)[0];
    CHECK(output->dtype == c.dtype);
    CHECK(difference(output, run(op, attrs, wide)[0]) < c.tolerance);
    const NDArrayRef head = random_array(output->shape, c.dtype, 7);
    const Arrays found = gradients(op, attrs, narrow, head);
    const Arrays expected = gradients(op, attrs, wide, cast(head, DType::kFloat64));
    for (size_t i = 0; i < differentiable; ++i) {
      CAPTURE(i);
      CHECK(difference(found[i], expected[i]) < c.tolerance);
    }
  }
}

}  // namespace mx::testing
