// The plugin's half of the table: the CUDA runtime, real (linked statically) or emulated, and the kernels of the
// operator files.
#include <cuda_runtime.h>
#include <nvtx3/nvToolsExt.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <utility>

#include "host.h"
#include "mx/cuda/register.h"

extern "C" {
extern const mx::cuda::DeviceSet* const __start_mx_kernels[] __attribute__((visibility("hidden")));
extern const mx::cuda::DeviceSet* const __stop_mx_kernels[] __attribute__((visibility("hidden")));
}

namespace mx::cuda {
const MXPlugin* host;
}

namespace {

cudaStream_t stream_of(void* stream) { return static_cast<cudaStream_t>(stream); }
cudaEvent_t event_of(void* event) { return static_cast<cudaEvent_t>(event); }

int check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return 0;
  return mx::cuda::fail(what, error);
}
// Calls fn with the device current on this thread.
template <class F>
int on(int device, const char* what, F fn) {
  const int failed = check(cudaSetDevice(device), "cudaSetDevice");
  return failed ? failed : check(fn(), what);
}

int device_count(int* out) {
  *out = 0;
  char text[256];
  int driver = 0;  // stays 0 where libcuda.so.1 can't be loaded
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
    return mx::cuda::fail("there is no CUDA driver (libcuda.so.1). Install the NVIDIA driver");
  if (driver / 1000 < CUDART_VERSION / 1000) {
    std::snprintf(text, sizeof text,
                  "the CUDA driver is too old: it supports CUDA %d.%d, this plugin needs %d.0 or newer."
                  " Install a newer NVIDIA driver",
                  driver / 1000, driver % 1000 / 10, CUDART_VERSION / 1000);
    return mx::cuda::fail(text);
  }
  const cudaError_t error = cudaGetDeviceCount(out);
  if (error == cudaErrorNoDevice || (error == cudaSuccess && *out == 0))
    return mx::cuda::fail("a CUDA driver is installed, but there is no CUDA device (see nvidia-smi)");
  return check(error, "cudaGetDeviceCount");
}

int properties(int device, MXDeviceProperties* out) {
  cudaDeviceProp p;
  const int failed = check(cudaGetDeviceProperties(&p, device), "cudaGetDeviceProperties");
  if (failed) return failed;
  std::snprintf(out->name, sizeof out->name, "%.127s", p.name);
  out->total_bytes = static_cast<int64_t>(p.totalGlobalMem);
  out->major = p.major, out->minor = p.minor, out->processors = p.multiProcessorCount;
  return 0;
}
int memory_info(int device, int64_t* free_bytes, int64_t* total_bytes) {
  size_t free = 0, total = 0;
  const int failed = on(device, "cudaMemGetInfo", [&] { return cudaMemGetInfo(&free, &total); });
  *free_bytes = static_cast<int64_t>(free), *total_bytes = static_cast<int64_t>(total);
  return failed;
}

int allocate(int device, size_t bytes, void** out) {
  return on(device, "cudaMalloc", [&] { return cudaMalloc(out, bytes); });
}
int release(int device, void* data) {
  return on(device, "cudaFree", [&] { return cudaFree(data); });
}
int allocate_pinned(size_t bytes, void** out) {
  return check(cudaHostAlloc(out, bytes, cudaHostAllocPortable), "cudaHostAlloc");
}
int release_pinned(void* data) { return check(cudaFreeHost(data), "cudaFreeHost"); }

void range_push(const char* name) { nvtxRangePushA(name); }
void range_pop() { nvtxRangePop(); }

int copy(int device, void* to, const void* from, size_t bytes, int kind, void* stream) {
  static_assert(int{MX_COPY_TO_DEVICE} == int{cudaMemcpyHostToDevice} &&
                int{MX_COPY_TO_HOST} == int{cudaMemcpyDeviceToHost} &&
                int{MX_COPY_ON_DEVICE} == int{cudaMemcpyDeviceToDevice});
  return on(device, "copy",
            [&] { return cudaMemcpyAsync(to, from, bytes, static_cast<cudaMemcpyKind>(kind), stream_of(stream)); });
}
// Lets a device reach another one's memory, where the machine can. The runtime sends other copies through host memory.
void connect(int to, int from) {
  static std::mutex mutex;
  static auto& tried = *new std::set<std::pair<int, int>>;  // never destroyed: threads may outlive static destruction
  const std::lock_guard lock(mutex);
  if (!tried.emplace(to, from).second) return;
  int can = 0;
  if (cudaDeviceCanAccessPeer(&can, to, from) == cudaSuccess && can) cudaDeviceEnablePeerAccess(from, 0);
  cudaGetLastError();  // somebody else has connected them, or a device has no room for one more: both are well
}
int copy_peer(int to_device, void* to, int from_device, const void* from, size_t bytes, void* stream) {
  return on(to_device, "copy between devices", [&] {
    connect(to_device, from_device);
    return cudaMemcpyPeerAsync(to, to_device, from, from_device, bytes, stream_of(stream));
  });
}
int fill(int device, void* to, int byte, size_t bytes, void* stream) {
  return on(device, "fill", [&] { return cudaMemsetAsync(to, byte, bytes, stream_of(stream)); });
}

int stream_create(int device, void** out) {  // never the null stream: it would order all others
  return on(device, "cudaStreamCreate",
            [&] { return cudaStreamCreateWithFlags(reinterpret_cast<cudaStream_t*>(out), cudaStreamNonBlocking); });
}
int stream_synchronize(int device, void* stream) {
  return on(device, "earlier work failed", [&] { return cudaStreamSynchronize(stream_of(stream)); });
}
int stream_wait(int device, void* stream, void* event) {
  return on(device, "cudaStreamWaitEvent", [&] { return cudaStreamWaitEvent(stream_of(stream), event_of(event), 0); });
}
int event_create(int device, void** out) {
  return on(device, "cudaEventCreate",
            [&] { return cudaEventCreateWithFlags(reinterpret_cast<cudaEvent_t*>(out), cudaEventDisableTiming); });
}
int event_record(int device, void* event, void* stream) {
  return on(device, "cudaEventRecord", [&] { return cudaEventRecord(event_of(event), stream_of(stream)); });
}
int event_synchronize(int device, void* event) {
  return on(device, "it or earlier work failed", [&] { return cudaEventSynchronize(event_of(event)); });
}
int event_passed(int device, void* event, int* out) {
  return on(device, "earlier work failed", [&] {
    const cudaError_t error = cudaEventQuery(event_of(event));
    *out = error == cudaSuccess;
    return error == cudaErrorNotReady ? cudaSuccess : error;
  });
}
int make_current(int device) { return check(cudaSetDevice(device), "cudaSetDevice"); }

}  // namespace

namespace mx::cuda {
int fail(const char* what, cudaError_t error) {
  char text[512];
  std::snprintf(text, sizeof text, "%s: %s (%s)", what, cudaGetErrorString(error), cudaGetErrorName(error));
  host->set_error(text);
  return error == cudaErrorMemoryAllocation ? 2 : 1;
}
int fail(const char* what) {
  host->set_error(what);
  return 1;
}
}  // namespace mx::cuda

extern "C" __attribute__((visibility("default"))) int MXPluginInit(MXPlugin* plugin) {
  if (plugin->abi_version != MX_PLUGIN_ABI || plugin->struct_size < sizeof(MXPlugin)) return 1;
  mx::cuda::host = plugin;
  plugin->name = "CUDA";
  plugin->device_count = device_count, plugin->properties = properties, plugin->memory_info = memory_info;
  plugin->allocate = allocate, plugin->release = release;
  plugin->allocate_pinned = allocate_pinned, plugin->release_pinned = release_pinned;
  plugin->copy = copy, plugin->copy_peer = copy_peer, plugin->fill = fill;
  // Profilers announce themselves before the program starts; without one not even a call is made.
  if (std::getenv("NVTX_INJECTION64_PATH")) plugin->range_push = range_push, plugin->range_pop = range_pop;
  plugin->stream_create = stream_create, plugin->stream_synchronize = stream_synchronize;
  plugin->stream_wait = stream_wait;
  plugin->event_create = event_create, plugin->event_record = event_record;
  plugin->event_synchronize = event_synchronize, plugin->event_passed = event_passed;
  plugin->make_current = make_current;
  plugin->gemm = mx::cuda::gemm, plugin->convolve = mx::cuda::convolve;
  plugin->comm_id = mx::cuda::comm_id, plugin->comm_join = mx::cuda::comm_join;
  plugin->comm_leave = mx::cuda::comm_leave, plugin->collective = mx::cuda::collective;
  plugin->compile = mx::cuda::compile;
  for (auto set = __start_mx_kernels; set != __stop_mx_kernels; ++set)
    for (int i = 0; i < (*set)->count; ++i) {
      const mx::cuda::DeviceEntry& entry = (*set)->entries[i];
      const auto dtype = static_cast<int32_t>(entry.dtype);
      if (plugin->register_block((*set)->name, dtype, (*set)->kind, entry.fn)) return 1;
      if ((*set)->many && plugin->register_block((*set)->name, dtype, MX_BLOCK_MANY, (*set)->many[i].fn)) return 1;
    }
  return 0;
}
