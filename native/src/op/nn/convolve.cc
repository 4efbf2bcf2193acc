#include "op/nn/convolve.h"

#include <cstring>

#include "device/convolve.h"
#include "device/scope.h"
#include "op/nn/fused_activation.h"
#include "op/nn/patch_convolve.h"
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

// `shape` -> (first, channels, space...), with the strides that say how it lies in memory.
Desc describe(const Shape& shape, const Window& w, Type type, Format format, int64_t groups = 0) {
  const bool last = w.last || format == Format::kChannelsLast;
  Dims dims = {shape[0], shape[w.channel_axis()]}, strides = {shape.size(1, shape.ndim), 0};
  strides[1] = last ? 1 : shape.size(2, shape.ndim);
  for (int i = 0; i < w.rank; ++i) {
    const int axis = w.spatial_axis(i);
    dims.push_back(shape[axis]);
    strides.push_back(shape.size(axis + 1, w.last ? w.rank + 1 : shape.ndim) * (last ? dims[1] : 1));
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
  Descs d = {describe(c.data, w, type, c.data_format),
             describe(c.weight, w, type, Format::kPlain, c.groups),
             {{c.weight[0]}, type, Tag::a},
             describe(c.out, w, type, c.out_format),
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

// What a primitive is asked for: activations that lie channels-last are taken as they are.
Descs wanted(const Convolve& c, Type type) {
  Descs d = describe(c, type);
  d.weight = free(d.weight);
  if (c.data_format == Format::kPlain && !c.window.last) d.data = free(d.data);
  if (c.out_format == Format::kPlain && !c.window.last) d.out = free(d.out);
  return d;
}

dnnl::convolution_forward::primitive_desc forward_desc(prop_kind kind, const Descs& d, bool with_bias) {
  const auto algo = algorithm::convolution_direct;
  if (with_bias)
    return {cpu(), kind, algo, d.data, d.weight, d.bias, d.out, d.stride, d.dilate, d.pad, d.pad, attributes()};
  return {cpu(), kind, algo, d.data, d.weight, d.out, d.stride, d.dilate, d.pad, d.pad, attributes()};
}

Key key_of(const char* kind, const Convolve& c, bool with_bias) {
  const Window& w = c.window;
  const int64_t per_filter = c.weight.size(1, c.weight.ndim);
  Key key(kind, {.flops = 2.0 * static_cast<double>(c.out.size()) * static_cast<double>(per_filter)});
  key.add(c.dtype).add(c.data).add(c.weight).add(c.out).add(c.groups).add(with_bias).add(w.last);
  key.add(static_cast<int64_t>(c.data_format)).add(static_cast<int64_t>(c.out_format));
  return key.add(w.kernel, w.rank).add(w.stride, w.rank).add(w.dilate, w.rank).add(w.pad, w.rank), key;
}

const float* floats(const void* data) { return static_cast<const float*>(data); }
float* floats(void* data) { return static_cast<float*>(data); }

bool empty(const Convolve& c) { return c.data.size() == 0 || c.out.size() == 0; }
}  // namespace

void convolve(const OpContext& context, const Convolve& c, const void* x, const void* w, const void* bias, void* y) {
  if (device::current()) return device::run_convolve(c, x, w, bias, y);
  if (c.out.size() == 0) return;
  if (c.dtype == DType::kFloat64)
    return convolve_float64(context, c, static_cast<const double*>(x), static_cast<const double*>(w),
                            static_cast<const double*>(bias), static_cast<double*>(y));
  if (suits_patches(c)) {
    auto* packed = floats(context.workspace(static_cast<size_t>(packed_patch_weights(c)) * sizeof(float)));
    pack_patch_weights(c, floats(w), packed);
    return convolve_patches(context, c, floats(x), packed, {.bias = floats(bias)}, floats(y));
  }
  const auto& op = context.op.name;
  Key key = key_of("convolve", c, bias != nullptr);
  auto call = prepare(context, key, [&]() -> Call {
    const Descs given = describe(c, type_of(c.dtype, op)), used = wanted(c, compute_type(c.dtype, op));
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

static dnnl::primitive_attr epilogue(const ConvolveFused& fused) {
  dnnl::post_ops ops;
  if (fused.add) ops.append_sum(1.0f);
  if (fused.activation) append_activation(ops, *fused.activation);
  dnnl::primitive_attr attr = attributes();
  attr.set_post_ops(ops);
  return attr;
}

static void convolve_fused_patches(const OpContext& context, const Convolve& c, const ConvolveFused& fused,
                                   const Tensor& weight, const void* x, void* y) {
  const int64_t bias_at = packed_patch_weights(c);
  const size_t bytes = static_cast<size_t>(bias_at + c.weight[0]) * sizeof(float);
  const Key key = key_of("convolve_fused_patches", c, true);
  const auto* kept = floats(derive(context, key, fused.sources, bytes, [&](void* memory) {
    float* const scaled = fused.scales ? floats(context.workspace(weight.bytes())) : nullptr;
    fused.fold(scaled, floats(memory) + bias_at);
    pack_patch_weights(c, scaled ? scaled : weight.as<float>(), floats(memory));
  }));
  convolve_patches(context, c, floats(x), kept, {kept + bias_at, fused.add, fused.activation}, floats(y));
}

void convolve_fused(const OpContext& context, const Convolve& c, const ConvolveFused& fused, const Tensor& weight,
                    const void* x, void* y) {
  if (c.out.size() == 0) return;
  if (suits_patches(c)) return convolve_fused_patches(context, c, fused, weight, x, y);
  const auto& op = context.op.name;
  const Type type = compute_type(c.dtype, op);
  const Descs given = describe(c, type_of(c.dtype, op));
  const Desc bias = {{c.weight[0]}, Type::f32, Tag::a};
  Key key = key_of("convolve_fused", c, true);
  key.add(fused.add).add(fused.activation ? *fused.activation : -1);
  auto call = prepare(context, key, [&]() -> Call {
    Descs used = wanted(c, type);
    if (fused.add) used.out = describe(c, type).out;  // it holds values before
    const dnnl::convolution_forward::primitive_desc desc(
        cpu(), prop_kind::forward_inference, algorithm::convolution_direct, used.data, used.weight, bias, used.out,
        used.stride, used.dilate, used.pad, used.pad, epilogue(fused));
    return {desc,
            {in(DNNL_ARG_SRC, given.data), in(DNNL_ARG_WEIGHTS, desc.weights_desc()), in(DNNL_ARG_BIAS, bias),
             out(DNNL_ARG_DST, given.out)}};
  });
  const Desc& packed = call->desc_of(DNNL_ARG_WEIGHTS);
  const size_t bias_bytes = static_cast<size_t>(c.weight[0]) * sizeof(float);
  const size_t at = (packed.get_size() + 63) / 64 * 64;
  const auto* kept = static_cast<const char*>(derive(context, key, fused.sources, at + bias_bytes, [&](void* memory) {
    auto* b = reinterpret_cast<float*>(static_cast<char*>(memory) + at);
    const void* from = weight.data;
    Desc source = given.weight;
    float* scaled = nullptr;
    if (fused.scales) {
      from = scaled = static_cast<float*>(context.workspace(static_cast<size_t>(weight.size()) * sizeof(float)));
      source = describe(c, Type::f32).weight;
    }
    fused.fold(scaled, b);
    reorder(source, from, packed, memory);
  }));
  call->run(context, {x, kept, kept + at, y});
}

void convolve_data(const OpContext& context, const Convolve& c, const void* dy, const void* w, void* dx) {
  if (device::current()) return device::run_convolve_data(c, dy, w, dx);
  if (empty(c)) {
    std::memset(dx, 0, static_cast<size_t>(c.data.size()) * size_of(c.dtype));
    return;
  }
  if (c.dtype == DType::kFloat64)
    return convolve_data_float64(context, c, static_cast<const double*>(dy), static_cast<const double*>(w),
                                 static_cast<double*>(dx));
  if (suits_data_patches(c)) return convolve_data_patches(context, c, floats(dy), floats(w), floats(dx));
  const auto& op = context.op.name;
  Key key = key_of("convolve_data", c, false);
  auto call = prepare(context, key, [&]() -> Call {
    const Descs given = describe(c, type_of(c.dtype, op)), d = wanted(c, compute_type(c.dtype, op, true));
    const auto forward = forward_desc(prop_kind::forward_training, d, false);
    const dnnl::convolution_backward_data::primitive_desc desc(cpu(), algorithm::convolution_direct, d.data, d.weight,
                                                               d.out, d.stride, d.dilate, d.pad, d.pad, forward,
                                                               attributes());
    return {desc,
            {in(DNNL_ARG_DIFF_DST, given.out), in(DNNL_ARG_WEIGHTS, given.weight), out(DNNL_ARG_DIFF_SRC, given.data)}};
  });
  call->run(context, {dy, w, dx});
}

void convolve_weight(const OpContext& context, const Convolve& c, const void* x, const void* dy, void* dw, void* db) {
  if (device::current()) return device::run_convolve_weight(c, x, dy, dw, db);
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
    const Descs given = describe(c, type_of(c.dtype, op)), d = wanted(c, compute_type(c.dtype, op, true));
    const auto algo = algorithm::convolution_direct;
    const auto forward = forward_desc(prop_kind::forward_training, d, db != nullptr);
    if (!db)
      return {
          Backward(cpu(), algo, d.data, d.weight, d.out, d.stride, d.dilate, d.pad, d.pad, forward, attributes()),
          {in(DNNL_ARG_SRC, given.data), in(DNNL_ARG_DIFF_DST, given.out), out(DNNL_ARG_DIFF_WEIGHTS, given.weight)}};
    return {
        Backward(cpu(), algo, d.data, d.weight, d.bias, d.out, d.stride, d.dilate, d.pad, d.pad, forward, attributes()),
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
