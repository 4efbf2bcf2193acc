// Convolution and its two adjoints: what Convolution, Deconvolution and their gradients are made of.
#pragma once
#include <functional>
#include <optional>

#include "op/nn/activate.h"
#include "op/nn/window.h"

namespace mx {

struct Convolve {
  Window window;
  int64_t groups;
  Shape data, weight, out;  // of the convolution, with the axes where `window` says
  DType dtype;
  Format data_format = Format::kPlain, out_format = Format::kPlain;  // weight is plain
};

// y = x * w + bias; bias may be null.
void convolve(const OpContext& context, const Convolve& c, const void* x, const void* w, const void* bias, void* y);

// What one pass computes for inference: y = activation(x * w' + b' [+ y]), where w' = w * scale and b' is in float32.
// Not for float64.
struct ConvolveFused {
  bool add = false;  // what y holds before is added
  std::optional<ActivationParam::Type> activation = {};
  // Where w' and b' come from: they are kept while these inputs of the step stay the same.
  std::span<const size_t> sources = {};
  // Writes w' in C order and b' as float32. w' null: the weights go unscaled.
  std::function<void(float* weight, float* bias)> fold = {};
  bool scales = false;
};
void convolve_fused(const OpContext& context, const Convolve& c, const ConvolveFused& fused, const Tensor& weight,
                    const void* x, void* y);
// The gradient of data.
void convolve_data(const OpContext& context, const Convolve& c, const void* dy, const void* w, void* dx);
// The gradient of weight and, unless db is null, of bias.
void convolve_weight(const OpContext& context, const Convolve& c, const void* x, const void* dy, void* dw, void* db);

// The same in float64: patches and matrix products.
void convolve_float64(const OpContext& context, const Convolve& c, const double* x, const double* w, const double* bias,
                      double* y);
void convolve_data_float64(const OpContext& context, const Convolve& c, const double* dy, const double* w, double* dx);
void convolve_weight_float64(const OpContext& context, const Convolve& c, const double* x, const double* dy, double* dw,
                             double* db);

// Shapes of one convolution. Dimensions that are not known give unknown ones; raises kValue for windows that don't fit.
Shape convolved_shape(const OpDef& op, const Window& window, const Shape& data, int64_t channels);
Shape kernel_shape(const Window& window, int64_t first,
                   int64_t second);  // (first, second, k...) or (first, k..., second)

}  // namespace mx
