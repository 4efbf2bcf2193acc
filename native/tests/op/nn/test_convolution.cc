#include <doctest/doctest.h>

#include "mx/base/error.h"
#include "op/check.h"

using namespace mx;
using namespace mx::testing;

namespace {
struct Case {
  Shape data;  // channels first
  int64_t filters, groups;
  Shape kernel, stride, dilate, pad;
};

const Case kCases[] = {
    {{2, 3, 7, 6}, 4, 1, {3, 2}, {1, 1}, {1, 1}, {0, 0}},
    {{2, 4, 9, 8}, 6, 2, {3, 3}, {2, 1}, {1, 2}, {1, 2}},
    {{1, 4, 5, 5}, 4, 4, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
    {{3, 2, 11}, 5, 1, {4}, {3}, {2}, {2}},
    {{1, 2, 4, 5, 6}, 3, 1, {2, 3, 2}, {1, 2, 1}, {1, 1, 2}, {1, 0, 1}},
    {{2, 17, 4, 4}, 18, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0}},
};

AttrMap attrs_of(const Case& c) {
  return {{"kernel", str(c.kernel)}, {"stride", str(c.stride)},      {"dilate", str(c.dilate)},
          {"pad", str(c.pad)},       {"num_filter", str(c.filters)}, {"num_group", str(c.groups)}};
}

Shape weight_of(const Case& c) {
  Shape shape = {c.filters, c.data[1] / c.groups};
  for (int i = 0; i < c.kernel.ndim; ++i) shape.push_back(c.kernel[i]);
  return shape;
}

// The definition, element by element.
NDArrayRef reference(const Case& c, const std::vector<double>& x, const std::vector<double>& w,
                     const std::vector<double>& bias) {
  const int rank = c.kernel.ndim;
  Shape out = {c.data[0], c.filters};
  for (int i = 0; i < rank; ++i)
    out.push_back((c.data[2 + i] + 2 * c.pad[i] - c.dilate[i] * (c.kernel[i] - 1) - 1) / c.stride[i] + 1);
  const int64_t kernels = c.kernel.size(), channels = c.data[1] / c.groups;
  std::vector<double> y(static_cast<size_t>(out.size()));
  for (int64_t at = 0; at < out.size(); ++at) {
    int64_t rest = at, position[3];
    for (int i = rank - 1; i >= 0; --i) position[i] = rest % out[2 + i], rest /= out[2 + i];
    const int64_t filter = rest % c.filters, sample = rest / c.filters, group = filter / (c.filters / c.groups);
    double sum = bias[static_cast<size_t>(filter)];
    for (int64_t channel = 0; channel < channels; ++channel)
      for (int64_t k = 0; k < kernels; ++k) {
        int64_t left = k, index = sample * c.data[1] + group * channels + channel, tap[3];
        bool inside = true;
        for (int i = rank - 1; i >= 0; --i) tap[i] = left % c.kernel[i], left /= c.kernel[i];
        for (int i = 0; i < rank; ++i) {
          const int64_t p = position[i] * c.stride[i] + tap[i] * c.dilate[i] - c.pad[i];
          inside &= p >= 0 && p < c.data[2 + i];
          index = index * c.data[2 + i] + p;
        }
        if (inside)
          sum += x[static_cast<size_t>(index)] * w[static_cast<size_t>((filter * channels + channel) * kernels + k)];
      }
    y[static_cast<size_t>(at)] = sum;
  }
  return array_of(out, y);
}

// (a, b, space...) -> (a, space..., b)
NDArrayRef channels_last(const NDArrayRef& array) {
  const Shape& s = array->shape;
  Shape to = {s[0]};
  for (int i = 2; i < s.ndim; ++i) to.push_back(s[i]);
  to.push_back(s[1]);
  const auto from = values_of(array);
  std::vector<double> values(from.size());
  const int64_t space = s.size(2, s.ndim);
  for (int64_t n = 0; n < s[0]; ++n)
    for (int64_t c = 0; c < s[1]; ++c)
      for (int64_t i = 0; i < space; ++i)
        values[static_cast<size_t>((n * space + i) * s[1] + c)] = from[static_cast<size_t>((n * s[1] + c) * space + i)];
  return array_of(to, values);
}
}  // namespace

TEST_CASE("Convolution follows its definition, in both orders of axes, with right gradients and in every dtype") {
  for (const Case& c : kCases) {
    CAPTURE(str(c.data, c.kernel));
    const auto x = random_array(c.data), w = random_array(weight_of(c), DType::kFloat64, 2),
               bias = random_array({c.filters}, DType::kFloat64, 3);
    const auto expected = reference(c, values_of(x), values_of(w), values_of(bias));
    CHECK(difference(run("Convolution", attrs_of(c), {x, w, bias})[0], expected) < 1e-12);
    check_gradients("Convolution", attrs_of(c), {x, w, bias}, 3);
    check_dtypes("Convolution", attrs_of(c), {x, w, bias}, 3);
    if (c.kernel.ndim == 1) continue;  // there is no NWC
    AttrMap last = attrs_of(c);
    last["layout"] = c.kernel.ndim == 2 ? "NHWC" : "NDHWC";
    const Arrays inputs = {channels_last(x), channels_last(w), bias};
    CHECK(difference(run("Convolution", last, inputs)[0], channels_last(expected)) < 1e-12);
    check_gradients("Convolution", last, inputs, 3);
    check_dtypes("Convolution", last, inputs, 3);
  }
}

TEST_CASE("Convolution without a bias") {
  AttrMap attrs = attrs_of(kCases[0]);
  attrs["no_bias"] = "True";
  const Arrays inputs = {random_array(kCases[0].data), random_array(weight_of(kCases[0]), DType::kFloat64, 2)};
  check_gradients("Convolution", attrs, inputs, 2);
  check_dtypes("Convolution", attrs, inputs, 2);
}

TEST_CASE("Convolution explains what does not fit") {
  const auto bias = random_array({4});
  CHECK_THROWS_WITH(run("Convolution", {{"kernel", "(9, 9)"}, {"num_filter", "4"}},
                        {random_array({1, 2, 5, 5}), random_array({4, 2, 9, 9}), bias}),
                    doctest::Contains("only 5 there"));
  CHECK_THROWS_WITH(run("Convolution", {{"kernel", "(3, 3)"}, {"num_filter", "4"}, {"num_group", "3"}},
                        {random_array({1, 3, 5, 5}), random_array({4, 1, 3, 3}), bias}),
                    doctest::Contains("multiple of num_group 3"));
  CHECK_THROWS_WITH(run("Convolution", {{"kernel", "(3, 3)"}, {"num_filter", "4"}},
                        {random_array({3, 5, 5}), random_array({4, 3, 3, 3}), bias}),
                    doctest::Contains("must have 4 dimensions"));
}
