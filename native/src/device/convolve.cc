#include "device/convolve.h"

#include "device/blocks.h"
#include "device/plugin.h"

namespace mx::device {
namespace {

// As (batch or filters, channels, space...), whatever the layout.
MXImages to_c(const Shape& shape, const Window& w, const void* data) {
  const Shape steps = strides_of(shape);
  MXImages to{const_cast<void*>(data), {}, {}};
  const auto add = [&](int i, int axis) { to.dims[i] = shape[axis], to.strides[i] = steps[axis]; };
  add(0, 0), add(1, w.channel_axis());
  for (int i = 0; i < w.rank; ++i) add(2 + i, w.spatial_axis(i));
  return to;
}

ChannelView view_of(const Shape& shape, const Window& w) {
  const int axis = w.channel_axis();
  return {shape.size(0, axis), shape[axis], shape.size(axis + 1, shape.ndim)};
}

void run(const Convolve& c, int kind, const void* x, const void* weight, const void* y) {
  Scope& scope = *current();
  const Window& w = c.window;
  MX_CHECK(is_floating(c.dtype), kType, "[", scope.op(), "] is not defined for ", c.dtype,
           "; convert the arrays first (Cast)");
  MX_CHECK(plugin().convolve, kUnsupported, "[", scope.op(), "] the plugin of this device has no convolutions");
  MXConvolution call{};
  call.struct_size = sizeof call, call.device = scope.device(), call.stream = scope.stream().handle;
  call.kind = kind, call.rank = w.rank, call.dtype = static_cast<int32_t>(c.dtype);
  call.x = to_c(c.data, w, x), call.w = to_c(c.weight, w, weight), call.y = to_c(c.out, w, y);
  for (int i = 0; i < w.rank; ++i) {
    call.stride[i] = w.stride[i], call.dilate[i] = w.dilate[i], call.before[i] = call.after[i] = w.pad[i];
    // The transpose of a Deconvolution may need fewer zeros on the far side than on the near one.
    const int64_t size = call.x.dims[2 + i], covered = (call.y.dims[2 + i] - 1) * w.stride[i] + w.extent(i);
    if (size + 2 * w.pad[i] - covered >= w.stride[i]) call.after[i] = covered - size - w.pad[i];
  }
  call.workspace = workspace_of, call.context = &scope;
  check(plugin().convolve(&call), scope.op(), scope.device());
}

bool empty(const Convolve& c) { return c.data.size() == 0 || c.out.size() == 0; }

}  // namespace

void run_convolve(const Convolve& c, const void* x, const void* w, const void* bias, void* y) {
  if (c.out.size() == 0) return;
  run(c, MX_CONVOLVE, x, w, y);
  if (bias) add_bias(view_of(c.out, c.window), c.dtype, y, bias);
}

void run_convolve_data(const Convolve& c, const void* dy, const void* w, void* dx) {
  if (empty(c)) return device::fill_zeros({dx, c.data, c.dtype});
  run(c, MX_CONVOLVE_DATA, dx, w, dy);
}

void run_convolve_weight(const Convolve& c, const void* x, const void* dy, void* dw, void* db) {
  if (db) sum_bias(view_of(c.out, c.window), c.dtype, dy, db);
  if (empty(c)) return device::fill_zeros({dw, c.weight, c.dtype});
  run(c, MX_CONVOLVE_WEIGHT, x, dw, dy);
}

void add_bias(const ChannelView& v, DType dtype, void* y, const void* bias) {
  const Tensor out{y, {v.outer, v.channels, v.inner}, dtype};
  const Tensor in[] = {out, {const_cast<void*>(bias), {v.channels, 1}, dtype}};
  device::run_elementwise(get_kernel("add"), in, {&out, 1}, nullptr);
}

void sum_bias(const ChannelView& v, DType dtype, const void* dy, void* bias) {
  const Kernel& sum = get_kernel("sum");
  run_reduce(sum, sum.lane(dtype), {const_cast<void*>(dy), {v.outer, v.channels, v.inner}, dtype},
             {bias, {1, v.channels, 1}, dtype}, 1u << 0 | 1u << 2, nullptr);
}

}  // namespace mx::device
