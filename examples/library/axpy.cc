// An operator in a library of its own, from mx/plugin.h alone:  axpy(x, y, alpha=1) = alpha * x + y, in float32.
//
//   g++ -std=c++17 -O2 -shared -fPIC -I$(python3 -c "import mx; print(mx.libinfo.find_include_path())") axpy.cc -o
//   libaxpy.so nvcc -x cu -std=c++17 -O2 -shared -Xcompiler -fPIC -I... axpy.cc -o libaxpy.so       for GPUs too
//   python3 -c "import mx, os; mx.library.load(os.path.abspath('libaxpy.so')); print(mx.nd.axpy(mx.nd.ones(3),
//   mx.nd.ones(3), alpha=2))"
#include <mx/plugin.h>

#include <cstdlib>

namespace {

const MXPlugin* host;
constexpr int kFloat32 = 0;  // the numbers of mx/c_api.h

int64_t size_of(const MXTensor& tensor) {
  int64_t n = 1;
  for (int i = 0; i < tensor.ndim; ++i) n *= tensor.shape[i];
  return n;
}
float* floats(const MXTensor& tensor) { return static_cast<float*>(tensor.data); }

// Parameters come as text, in the order of the definition.
bool read_alpha(const MXOperatorCall* call, float& to) {
  const char* const text = static_cast<const char* const*>(call->params)[0];
  char* end = nullptr;
  to = std::strtof(text, &end);
  if (end == text || *end) return host->set_error("alpha must be a number"), false;
  if (call->in[0].dtype != kFloat32) return host->set_error("only float32 is multiplied here"), false;
  return true;
}

int infer_shape(const MXShapeCall* call) {
  const MXTensor &x = call->in[0], &y = call->in[1];
  bool same = x.ndim == y.ndim;
  for (int i = 0; same && i < x.ndim; ++i) same = x.shape[i] == y.shape[i];
  if (!same) return host->set_error("x and y must have one shape"), 1;
  call->ndim[0] = x.ndim;
  for (int i = 0; i < x.ndim; ++i) call->dims[0][i] = x.shape[i];
  return 0;
}

int forward(const MXOperatorCall* call) {
  float alpha;
  if (!read_alpha(call, alpha)) return 1;
  const float *x = floats(call->in[0]), *y = floats(call->in[1]);
  float* out = floats(call->out[0]);
  for (int64_t i = 0, n = size_of(call->out[0]); i < n; ++i) out[i] = alpha * x[i] + y[i];
  return 0;
}

// (gradient of the result, x, y, result) -> gradients of x and y. One that nobody wants has no data.
int backward(const MXOperatorCall* call) {
  float alpha;
  if (!read_alpha(call, alpha)) return 1;
  const float* head = floats(call->in[0]);
  float *dx = floats(call->out[0]), *dy = floats(call->out[1]);
  for (int64_t i = 0, n = size_of(call->in[0]); i < n; ++i) {
    if (dx) dx[i] = alpha * head[i];
    if (dy) dy[i] = head[i];
  }
  return 0;
}

int infer_backward(const MXShapeCall* call) {
  for (int k = 0; k < 2; ++k) {
    call->ndim[k] = call->in[0].ndim;
    for (int i = 0; i < call->in[0].ndim; ++i) call->dims[k][i] = call->in[0].shape[i];
  }
  return 0;
}

#if defined(__CUDACC__) || defined(CUDA_EMULATION)
// Work goes to the stream of the call, which returns without waiting. The device is current.
__global__ void axpy_kernel(const float* x, const float* y, float* out, float alpha, long long n) {
  for (long long i = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    out[i] = alpha * x[i] + (y ? y[i] : 0.0f);
}

int launch(const MXOperatorCall* call, const float* x, const float* y, float* out, float alpha) {
  const int64_t n = size_of(call->in[0]);
  if (n == 0 || !out) return 0;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(n < 1 << 20 ? (n + 255) / 256 : 4096));
  config.blockDim = dim3(256);
  config.stream = static_cast<cudaStream_t>(call->stream);
  const cudaError_t error = cudaLaunchKernelEx(&config, axpy_kernel, x, y, out, alpha, static_cast<long long>(n));
  return error == cudaSuccess ? 0 : (host->set_error(cudaGetErrorString(error)), 1);
}

int forward_on_device(const MXOperatorCall* call) {
  float alpha;
  if (!read_alpha(call, alpha)) return 1;
  return launch(call, floats(call->in[0]), floats(call->in[1]), floats(call->out[0]), alpha);
}

int backward_on_device(const MXOperatorCall* call) {
  float alpha;
  if (!read_alpha(call, alpha)) return 1;
  const float* head = floats(call->in[0]);
  return launch(call, head, nullptr, floats(call->out[0]), alpha) ||
         launch(call, head, nullptr, floats(call->out[1]), 1.0f);
}
#else
constexpr MXOperatorFn forward_on_device = nullptr, backward_on_device = nullptr;
#endif

}  // namespace

extern "C" __attribute__((visibility("default"))) int MXPluginInit(MXPlugin* plugin) {
  if (plugin->abi_version != MX_PLUGIN_ABI || plugin->struct_size < sizeof(MXPlugin)) return 1;
  host = plugin;
  static const char* const inputs[] = {"x", "y"};
  static const char* const outputs[] = {"output"};
  static const char* const params[] = {"alpha"};
  static const char* const defaults[] = {"1"};
  static const char* const backward_inputs[] = {"head", "x", "y", "result"};

  MXOperatorDef gradient{};
  gradient.struct_size = sizeof gradient;
  gradient.name = "_backward_axpy", gradient.doc = "Gradients of axpy.";
  gradient.num_in = 4, gradient.inputs = backward_inputs, gradient.num_out = 2, gradient.outputs = inputs;
  gradient.num_params = 1, gradient.params = params, gradient.defaults = defaults;
  gradient.infer_shape = infer_backward;
  gradient.forward = backward, gradient.forward_on_device = backward_on_device;

  MXOperatorDef axpy{};
  axpy.struct_size = sizeof axpy;
  axpy.name = "axpy", axpy.doc = "alpha * x + y, for arrays of one shape.";
  axpy.num_in = 2, axpy.inputs = inputs, axpy.num_out = 1, axpy.outputs = outputs;
  axpy.num_params = 1, axpy.params = params, axpy.defaults = defaults;
  axpy.infer_shape = infer_shape;
  axpy.forward = forward, axpy.forward_on_device = forward_on_device;
  axpy.gradient = "_backward_axpy";
  return plugin->define_operator(&gradient) || plugin->define_operator(&axpy);
}
