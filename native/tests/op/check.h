// Runs operators on random arrays and compares: gradients with differences, other dtypes with float64.
#pragma once
#include <string>
#include <vector>

#include "mx/attrs.h"
#include "mx/params.h"
#include "ndarray/ndarray.h"

namespace mx::testing {

using Arrays = std::vector<NDArrayRef>;

// Standard normal numbers; the same for the same seed.
NDArrayRef random_array(const Shape& shape, DType dtype = DType::kFloat64, uint32_t seed = 1);
NDArrayRef array_of(const Shape& shape, const std::vector<double>& values, DType dtype = DType::kFloat64);
NDArrayRef cast(const NDArrayRef& array, DType dtype);
std::vector<double> values_of(const NDArrayRef& array);

// The visible outputs.
Arrays run(const std::string& op, const AttrMap& attrs, const Arrays& inputs, bool training = false);
// Gradients of all inputs for the given gradient of the first output.
Arrays gradients(const std::string& op, const AttrMap& attrs, const Arrays& inputs, const NDArrayRef& head);

// The largest difference, divided by the largest value of `b` (or by 1, when that is smaller).
double difference(const NDArrayRef& a, const NDArrayRef& b);

// Central differences in float64 against gradients(), for inputs 0..differentiable-1.
void check_gradients(const std::string& op, const AttrMap& attrs, const Arrays& inputs, size_t differentiable);
// Forward and gradients in float32, float16 and bfloat16 against float64.
void check_dtypes(const std::string& op, const AttrMap& attrs, const Arrays& inputs, size_t differentiable);

}  // namespace mx::testing
