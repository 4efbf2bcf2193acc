#include "op/nn/convolve.h"

#include <cstring>

#include "op/onednn/cache.h"

namespace mx {

using namespace onednn;
using dnnl::algorithm;
using dnnl::prop_kind;
using Dims = dnnl::memory::dims;

// Descriptions of one convolution for oneDNN, which names axes in the order batch or group, channels, space.
namespace {
struct Descs {
  Desc data, weight, bias, out;
  Dims stride, dilate, pad;
};

// `shape` as it lies in memory -> (first, channels, space...), with the strides that say so.
Desc describe(const Shape& shape, const Window& w, Type type, int64_t groups = 0) {
  Dims dims = {shape[0], shape[w.channel_axis()]}, strides = {shape.size(1, shape.ndim), 0};
  strides[1] = w.last ? 1 : shape.size(2, shape.ndim);
  for (int i = 0; i < w.rank; ++i) {
    const int axis = w.spatial_axis(i);
    dims.push_back(shape[axis]);
    strides.push_back(shape.size(axis + 1, shape.ndim));
  }
  if (groups > 1) {
    dims[0] /= groups;
    dims.insert(dims.begin(), groups);
    strides.insert(strides.begin(), strides[0] * dims[1]);
  }
  return {dims, type, strides};
}

Descs describe(const Convolve& c, Type type) {
  const Window& w = c.window;
  Descs d = {describe(c.data, w, type),
             describe(c.weight, w, type, c.groups),
             {{c.weight[0]}, type, Tag::a},
             describe(c.out, w, type),
             {},
             {},
             {}};
  for (int i = 0; i < w.rank; ++i) {
    d.stride.push_back(w.stride[i]);
    d.dilate.push_back(w.dilate[i] - 1);
    d.pad.push_back(w.pad[i]);
  }
  return d;
}

Desc free(const Desc& desc) { return any(desc.get_dims(), desc.get_data_type()); }

dnnl::convolution_forward::primitive_desc forward_desc(prop_kind kind, const Descs& d, bool with_bias) {
  const auto algo = algorithm::convolution_direct;
  const Desc data = free(d.data), weight = free(d.weight), out = free(d.out);
  if (with_bias) return {cpu(), kind, algo, data, weight, d.bias, out, d.stride, d.dilate, d.pad, d.pad, attributes()};
  return {cpu(), kind, algo, data, weight, out, d.stride, d.dilate, d.pad, d.pad, attributes()};
}

Key key_of(const char* kind, const Convolve& c, bool with_bias) {
  const Window& w = c.window;
  const int64_t per_filter = c.weight.size(1, c.weight.ndim);
  Key key(kind, {.flops = 2.0 * static_cast<double>(c.out.size()) * static_cast<double>(per_filter)});
  key.add(c.dtype).add(c.data).add(c.weight).add(c.out).add(c.groups).add(with_bias).add(w.last);
  return key.add(w.kernel, w.rank).add(w.stride, w.rank).add(w.dilate, w.rank).add(w.pad, w.rank), key;
}

bool empty(const Convolve& c) { return c.data.size() == 0 || c.out.size() == 0; }
}  // namespace

void convolve(const OpContext& context, const Convolve& c, const void* x, const void* w, const void* bias, void* y) {
  if (c.out.size() == 0) return;
  if (c.dtype == DType::kFloat64)
    return convolve_float64(context, c, static_cast<const double*>(x), static_cast<const double*>(w),
                            static_cast<const double*>(bias), static_cast<double*>(y));
  const auto& op = context.op.name;
  Key key = key_of("convolve", c, bias != nullptr);
  auto call = prepare(context, key, [&]() -> Call {
    const Descs given = describe(c, type_of(c.dtype, op)), used = describe(c, compute_type(c.dtype, op));
    const auto desc = forward_desc(prop_kind::forward_inference, used, bias != nullptr);
    if (!bias)
      return {desc, {in(DNNL_ARG_SRC, given.data), in(DNNL_ARG_WEIGHTS, given.weight), out(DNNL_ARG_DST, given.out)}};
    return {desc,
            {in(DNNL_ARG_SRC, given.data), in(DNNL_ARG_WEIGHTS, given.weight), out(DNNL_ARG_DST, given.out),
             in(DNNL_ARG_BIAS, given.bias)}};
  });
  if (bias)
    call->run(context, {x, w, y, bias});
  else
    call->run(context, {x, w, y});
}

void convolve_data(const OpContext& context, const Convolve& c, const void* dy, const void* w, void* dx) {
  if (empty(c)) {
    std::memset(dx, 0, static_cast<size_t>(c.data.size()) * size_of(c.dtype));
    return;
  }
  if (c.dtype == DType::kFloat64)
    return convolve_data_float64(context, c, static_cast<const double*>(dy), static_cast<const double*>(w),
                                 static_cast<double*>(dx));
  const auto& op = context.op.name;
  Key key = key_of("convolve_data", c, false);
  auto call = prepare(context, key, [&]() -> Call {
    const Descs given = describe(c, type_of(c.dtype, op)), d = describe(c, compute_type(c.dtype, op, true));
    const auto forward = forward_desc(prop_kind::forward_training, d, false);
    const dnnl::convolution_backward_data::primitive_desc desc(cpu(), algorithm::convolution_direct, free(d.data),
                                                               free(d.weight), free(d.out), d.stride, d.dilate, d.pad,
                                                               d.pad, forward, attributes());
    return {desc,
            {in(DNNL_ARG_DIFF_DST, given.out), in(DNNL_ARG_WEIGHTS, given.weight), out(DNNL_ARG_DIFF_SRC, given.data)}};
  });
  call->run(context, {dy, w, dx});
}

void convolve_weight(const OpContext& context, const Convolve& c, const void* x, const void* dy, void* dw, void* db) {
  if (empty(c)) {
    std::memset(dw, 0, static_cast<size_t>(c.weight.size()) * size_of(c.dtype));
    if (db) std::memset(db, 0, static_cast<size_t>(c.weight[0]) * size_of(c.dtype));
    return;
  }
  if (c.dtype == DType::kFloat64)
    return convolve_weight_float64(context, c, static_cast<const double*>(x), static_cast<const double*>(dy),
                                   static_cast<double*>(dw), static_cast<double*>(db));
  const auto& op = context.op.name;
  Key key = key_of("convolve_weight", c, db != nullptr);
  auto call = prepare(context, key, [&]() -> Call {
    using Backward = dnnl::convolution_backward_weights::primitive_desc;
    const Descs given = describe(c, type_of(c.dtype, op)), d = describe(c, compute_type(c.dtype, op, true));
    const auto algo = algorithm::convolution_direct;
    const auto forward = forward_desc(prop_kind::forward_training, d, db != nullptr);
    const Desc data = free(d.data), weight = free(d.weight), dst = free(d.out);
    if (!db)
      return {
          Backward(cpu(), algo, data, weight, dst, d.stride, d.dilate, d.pad, d.pad, forward, attributes()),
          {in(DNNL_ARG_SRC, given.data), in(DNNL_ARG_DIFF_DST, given.out), out(DNNL_ARG_DIFF_WEIGHTS, given.weight)}};
    return {Backward(cpu(), algo, data, weight, d.bias, dst, d.stride, d.dilate, d.pad, d.pad, forward, attributes()),
            {in(DNNL_ARG_SRC, given.data), in(DNNL_ARG_DIFF_DST, given.out), out(DNNL_ARG_DIFF_WEIGHTS, given.weight),
             out(DNNL_ARG_DIFF_BIAS, given.bias)}};
  });
  if (db)
    call->run(context, {x, dy, dw, db});
  else
    call->run(context, {x, dy, dw});
}

Shape convolved_shape(const OpDef& op, const Window& w, const Shape& data, int64_t channels) {
  Shape out = data;
  out[w.channel_axis()] = channels;
  for (int i = 0; i < w.rank; ++i) {
    const int64_t size = data[w.spatial_axis(i)];
    if (size < 0) continue;
    const int64_t space = size + 2 * w.pad[i] - w.extent(i);
    MX_CHECK(space >= 0, kValue, "[", op.name, "] the kernel covers ", w.extent(i), " elements of spatial axis ", i,
             ", but data of shape ", data, " has only ", size, " there and padding ", w.pad[i], " on both sides");
    out[w.spatial_axis(i)] = space / w.stride[i] + 1;
  }
  return out;
}

Shape kernel_shape(const Window& w, int64_t first, int64_t second) {
  Shape shape = Shape::filled(w.rank + 2, first);
  shape[w.channel_axis()] = second;
  for (int i = 0; i < w.rank; ++i) shape[w.spatial_axis(i)] = w.kernel[i];
  return shape;
}

}  // namespace mx
