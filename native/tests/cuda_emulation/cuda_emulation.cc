// See cuda_runtime.h. Environment: CUEMU_DELAY_US (most microseconds before a stream's next command, default 300),
// CUEMU_SEED, CUEMU_DEVICES, CUEMU_MEMORY_MB (of a device, default 1024), CUEMU_NO_PKEY=1 (protect device memory with
// mprotect alone), CUEMU_DRIVER (version of the driver, 0: there is none), CUEMU_FAIL_LAUNCH=n (the n-th launch fails
// while it runs), CUEMU_NO_PEER=1 (devices don't reach each other's memory), CUEMU_PEER_LOG (a file that gets a line
// for each copy between devices), CUEMU_NO_WAIT=1 (streams don't wait for events: shows that a test would catch a
// missing dependency).
#undef _FORTIFY_SOURCE  // its longjmp refuses to change stacks
#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cuda_runtime.h"

constinit thread_local uint3 threadIdx{}, blockIdx{};
constinit thread_local dim3 blockDim, gridDim;

namespace {
int env(const char* name, int otherwise) {
  const char* s = getenv(name);
  return s ? atoi(s) : otherwise;
}

// ---- device memory: one reserved range of addresses, never reused, each block followed by a guard page. The host
// can't touch it: a protection key that only the streams' threads hold or, without keys, pages opened while a command
// runs.
struct Memory {
  static constexpr size_t kRange = size_t(1) << 40, kPage = 4096;
  std::mutex mutex;
  char *base, *next;
  struct Block {
    size_t bytes;
    int device;
  };
  std::map<char*, Block> live;
  std::map<int, size_t> used;
  int key = -1, open = 0;
  Memory() {
    base = next =
        static_cast<char*>(mmap(nullptr, kRange, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (!env("CUEMU_NO_PKEY", 0)) key = pkey_alloc(0, PKEY_DISABLE_ACCESS);
  }
  bool inside(const void* p) const { return p >= base && p < base + kRange; }
  // Within a block of that device.
  bool allocated(const void* p, size_t n, int device) {
    std::lock_guard lock(mutex);
    auto it = live.upper_bound(static_cast<char*>(const_cast<void*>(p)));
    return it != live.begin() &&
           (--it, it->second.device == device && static_cast<const char*>(p) + n <= it->first + it->second.bytes);
  }
  void protect(char* p, size_t n, bool accessible) {
    if (key >= 0)
      pkey_mprotect(p, n, PROT_READ | PROT_WRITE, key);
    else
      mprotect(p, n, accessible ? PROT_READ | PROT_WRITE : PROT_NONE);
  }
  static size_t pages(size_t n) { return (n + kPage - 1) / kPage * kPage; }
  static size_t capacity() { return size_t(env("CUEMU_MEMORY_MB", 1024)) << 20; }
  void* alloc(size_t n, int device) {
    std::lock_guard lock(mutex);
    if (used[device] + n > capacity()) return nullptr;
    used[device] += n;
    char* p = next;
    const size_t size = pages(std::max<size_t>(n, 1));
    next += size + kPage;
    mprotect(p, size, PROT_READ | PROT_WRITE);
    memset(p, 0xff, size);  // NaN in every floating type
    protect(p, size, open > 0);
    live[p] = {n, device};
    return p;
  }
  bool release(void* q) {
    std::lock_guard lock(mutex);
    char* p = static_cast<char*>(q);
    auto it = live.find(p);
    if (it == live.end()) return false;
    const size_t n = it->second.bytes;
    used[it->second.device] -= n;
    madvise(p, pages(n), MADV_DONTNEED);
    mprotect(p, pages(std::max<size_t>(n, 1)), PROT_NONE);
    live.erase(it);
    return true;
  }
  void enter(int step) {  // around a command, on a stream's thread
    if (key >= 0) return void(pkey_set(key, step > 0 ? 0 : PKEY_DISABLE_ACCESS));
    std::lock_guard lock(mutex);
    const bool was = open > 0;
    open += step;
    if (was != (open > 0))
      for (auto& [p, block] : live) protect(p, pages(std::max<size_t>(block.bytes, 1)), open > 0);
  }
};
Memory& memory() {
  static auto* m = new Memory;
  return *m;
}
std::atomic<int> sticky_error{cudaSuccess};
thread_local int current_device = 0;

// Host memory that asynchronous copies may use. The real runtime takes other memory too, but then it may wait.
struct Pinned {
  std::mutex mutex;
  std::map<const char*, size_t> live;
  bool contains(const void* p, size_t n) {
    std::lock_guard lock(mutex);
    auto it = live.upper_bound(static_cast<const char*>(p));
    return it != live.begin() && (--it, static_cast<const char*>(p) + n <= it->first + it->second);
  }
};
Pinned& pinned() {
  static auto* p = new Pinned;
  return *p;
}

// ---- fibers. Contexts are made once; switches use _setjmp/_longjmp, which make no system call.
struct Fiber {
  enum State { Idle, Ready, Barrier, Warp, Done } state = Idle;
  ucontext_t context;
  jmp_buf where;
  bool started = false;
  uint3 thread;
  unsigned mask;
  int source;
  uint64_t value;
};
struct BlockRunner {
  static constexpr size_t kStack = 64 << 10;
  std::vector<std::unique_ptr<Fiber>> fibers;
  ucontext_t main_context;
  jmp_buf main_where;
  Fiber* current = nullptr;
  const std::function<void()>* body;
  std::vector<unsigned char> shared;
  std::mt19937 random{unsigned(env("CUEMU_SEED", 1))};

  static void main_of_fiber(unsigned hi, unsigned lo) {
    auto* r = reinterpret_cast<BlockRunner*>(uintptr_t(hi) << 32 | lo);
    for (;;) {
      (*r->body)();
      r->yield(Fiber::Done);
    }
  }
  void yield(Fiber::State s) {
    Fiber* f = current;
    f->state = s;
    if (!_setjmp(f->where)) _longjmp(main_where, 1);
  }
  void resume(Fiber* f) {
    current = f;
    threadIdx = f->thread;
    if (!_setjmp(main_where)) {
      if (f->started) _longjmp(f->where, 1);
      f->started = true;
      getcontext(&f->context);
      f->context.uc_stack.ss_sp = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      f->context.uc_stack.ss_size = kStack;
      const uintptr_t p = uintptr_t(this);
      makecontext(&f->context, reinterpret_cast<void (*)()>(main_of_fiber), 2, unsigned(p >> 32), unsigned(p));
      setcontext(&f->context);
    }
    current = nullptr;
  }
  // Lanes that wait in a shuffle go on together, once every lane of their mask has come with the same mask.
  bool release_warp(size_t first, size_t n) {
    bool any = false;
    for (size_t i = first; i < first + n; ++i) {
      Fiber* f = fibers[i].get();
      if (f->state != Fiber::Warp || !(f->mask >> (i - first) & 1)) continue;
      const unsigned mask = f->mask;
      bool complete = true;
      for (size_t k = 0; k < 32; ++k)
        if (mask >> k & 1)
          complete &= k < n && fibers[first + k]->state == Fiber::Warp && fibers[first + k]->mask == mask;
      if (!complete) continue;
      uint64_t got[32];
      for (size_t k = 0; k < n; ++k) {
        const int s = fibers[first + k]->source;
        got[k] = s < 0 ? fibers[first + k]->value : mask >> s & 1 ? fibers[first + s]->value : ~uint64_t(0);
      }
      for (size_t k = 0; k < n; ++k)
        if (mask >> k & 1) fibers[first + k]->value = got[k], fibers[first + k]->state = Fiber::Ready;
      any = true;
    }
    return any;
  }
  bool run_block() {
    const dim3 d = blockDim;
    const size_t n = size_t(d.x) * d.y * d.z;
    while (fibers.size() < n) fibers.push_back(std::make_unique<Fiber>());
    std::vector<Fiber*> order;
    for (size_t i = 0; i < n; ++i) {
      Fiber* f = fibers[i].get();
      f->thread = {unsigned(i % d.x), unsigned(i / d.x % d.y), unsigned(i / d.x / d.y)};
      f->state = Fiber::Ready;
      order.push_back(f);
    }
    std::shuffle(order.begin(), order.end(), random);
    for (;;) {
      bool progress = false;
      for (Fiber* f : order)
        if (f->state == Fiber::Ready) resume(f), progress = true;
      for (size_t w = 0; w < n; w += 32) progress |= release_warp(w, std::min<size_t>(32, n - w));
      const auto count = [&](Fiber::State s) {
        return size_t(std::count_if(order.begin(), order.end(), [s](Fiber* f) { return f->state == s; }));
      };
      if (count(Fiber::Done) == n) return true;
      if (count(Fiber::Barrier) == n) {
        for (Fiber* f : order) f->state = Fiber::Ready;
      } else if (!progress) {
        fprintf(stderr,
                "cuemu: block (%u): %zu threads at __syncthreads, %zu in a shuffle, %zu returned: they wait for ever\n",
                blockIdx.x, count(Fiber::Barrier), count(Fiber::Warp), count(Fiber::Done));
        for (auto& f : fibers) f.release();  // their stacks are in use
        fibers.clear();
        return false;
      }
    }
  }
};
thread_local BlockRunner* runner;
}  // namespace

// ---- streams and events
// A point of a stream. An event may be recorded again, on another stream, while somebody waits for an earlier record.
struct Record {
  std::mutex mutex;
  std::condition_variable changed;
  bool passed = false;

  void pass() {
    std::lock_guard lock(mutex);
    passed = true;
    changed.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return passed; });
  }
};
struct CUevent_st {
  std::mutex mutex;
  std::shared_ptr<Record> record;  // the last one
  std::shared_ptr<Record> last() {
    std::lock_guard lock(mutex);
    return record;
  }
};
struct CUstream_st {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> queue;
  bool busy = false, stop = false;
  const int device = current_device;
  std::thread thread{[this] { work(); }};

  void push(std::function<void()> f) {
    std::lock_guard lock(mutex);
    queue.push_back(std::move(f));
    changed.notify_all();
  }
  void drain() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return queue.empty() && !busy; });
  }
  void work() {
    static std::atomic<unsigned> count{0};
    std::mt19937 random(unsigned(env("CUEMU_SEED", 1)) + 7919 * count++);
    const int most = env("CUEMU_DELAY_US", 300);
    BlockRunner blocks;
    runner = &blocks;
    for (;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stop || !queue.empty(); });
      if (queue.empty()) return;
      auto f = std::move(queue.front());
      queue.pop_front();
      busy = true;
      lock.unlock();
      if (most > 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % unsigned(most)));
      f();
      f = nullptr;
      lock.lock();
      busy = false;
      changed.notify_all();
    }
  }
};
namespace {
std::mutex streams_mutex;
std::vector<cudaStream_t> streams;
template <class F>
auto on_device(F f) {
  return [f] {
    memory().enter(1);
    f();
    memory().enter(-1);
  };
}
}  // namespace

namespace cuemu {
void block_barrier() { runner->yield(Fiber::Barrier); }
unsigned char* dynamic_shared() { return runner->shared.data(); }
uint64_t exchange(unsigned mask, uint64_t value, int source) {
  Fiber* f = runner->current;
  f->mask = mask, f->value = value, f->source = source;
  runner->yield(Fiber::Warp);
  return f->value;
}
// Any word that is an address of mapped host memory was meant to be a device pointer.
cudaError_t check_arguments(const void* words, size_t bytes, int device) {
  for (size_t i = 0; i + 8 <= bytes; i += 8) {
    uintptr_t w;
    memcpy(&w, static_cast<const char*>(words) + i, 8);
    void* p = reinterpret_cast<void*>(w);
    // Below: counts and strides, not addresses.
    if (memory().inside(p)
            ? !memory().allocated(p, 0, device)
            : w >> 40 && w >> 47 == 0 && msync(reinterpret_cast<void*>(w & ~uintptr_t(4095)), 1, MS_ASYNC) == 0)
      return cudaErrorIllegalAddress;
  }
  return cudaSuccess;
}
int device_of(cudaStream_t s) { return s ? s->device : current_device; }
cudaError_t enqueue_grid(const cudaLaunchConfig_t& c, std::function<void()> body) {
  const size_t threads = size_t(c.blockDim.x) * c.blockDim.y * c.blockDim.z;
  if (threads == 0 || threads > 1024 || c.dynamicSmemBytes > 48 << 10 || c.gridDim.y > 65535 || c.gridDim.x == 0)
    return cudaErrorInvalidConfiguration;
  // The null stream orders all others: not used here. Nor is a stream of another device than the current one.
  if (!c.stream || c.stream->device != current_device) return cudaErrorInvalidResourceHandle;
  static std::atomic<int> launches{0};
  const bool fails = ++launches == env("CUEMU_FAIL_LAUNCH", 0);
  c.stream->push(on_device([c, body, fails] {
    if (fails) {
      sticky_error = cudaErrorLaunchFailure;
      return;
    }
    runner->body = &body;
    std::vector<unsigned> order(size_t(c.gridDim.x) * c.gridDim.y * c.gridDim.z);
    for (size_t i = 0; i < order.size(); ++i) order[i] = unsigned(i);
    std::shuffle(order.begin(), order.end(), runner->random);  // blocks have no order
    for (unsigned i : order) {
      runner->shared.assign(c.dynamicSmemBytes, 0xff);
      const dim3 g = gridDim = c.gridDim;
      blockDim = c.blockDim;
      blockIdx = {i % g.x, i / g.x % g.y, i / g.x / g.y};
      if (!runner->run_block()) {
        sticky_error = cudaErrorLaunchFailure;
        return;
      }
    }
  }));
  return cudaSuccess;
}
}  // namespace cuemu

cudaError_t cudaDriverGetVersion(int* v) { return *v = env("CUEMU_DRIVER", CUDART_VERSION), cudaSuccess; }
cudaError_t cudaGetDeviceCount(int* n) { return *n = env("CUEMU_DEVICES", 1), *n ? cudaSuccess : cudaErrorNoDevice; }
cudaError_t cudaSetDevice(int d) {
  if (d < 0 || d >= env("CUEMU_DEVICES", 1)) return cudaErrorInvalidDevice;
  return current_device = d, cudaSuccess;
}
cudaError_t cudaGetDevice(int* d) { return *d = current_device, cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int d) {
  *p = {"emulated device", Memory::capacity(), 9, 0, 1};
  return d >= 0 && d < env("CUEMU_DEVICES", 1) ? cudaSuccess : cudaErrorInvalidDevice;
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  std::lock_guard lock(memory().mutex);
  *total = Memory::capacity(), *free = *total - memory().used[current_device];
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** p, size_t n) {
  return (*p = memory().alloc(n, current_device)) ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaHostAlloc(void** p, size_t n, unsigned) {
  std::lock_guard lock(pinned().mutex);
  *p = std::aligned_alloc(4096, Memory::pages(n));
  pinned().live[static_cast<char*>(*p)] = n;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* p) {
  std::lock_guard lock(pinned().mutex);
  if (!pinned().live.erase(static_cast<char*>(p))) return cudaErrorInvalidValue;
  return free(p), cudaSuccess;
}
cudaError_t cudaFree(void* p) {
  std::lock_guard lock(streams_mutex);
  for (auto s : streams) s->drain();  // as the real one: waits for the device
  return !p || memory().release(p) ? cudaSuccess : cudaErrorInvalidValue;
}
cudaError_t cudaMemcpyAsync(void* dst, const void* src, size_t n, cudaMemcpyKind kind, cudaStream_t s) {
  const bool to = kind != cudaMemcpyDeviceToHost, from = kind != cudaMemcpyHostToDevice;
  if (!s || s->device != current_device) return cudaErrorInvalidResourceHandle;
  if (to ? !memory().allocated(dst, n, s->device) : !pinned().contains(dst, n)) return cudaErrorInvalidValue;
  if (from ? !memory().allocated(src, n, s->device) : !pinned().contains(src, n)) return cudaErrorInvalidValue;
  s->push(on_device([=] { memcpy(dst, src, n); }));
  return cudaSuccess;
}
// Pairs of devices, the first of which reaches the memory of the second.
namespace {
std::mutex peers_mutex;
std::set<std::pair<int, int>> peers;
}  // namespace
cudaError_t cudaDeviceCanAccessPeer(int* out, int device, int peer) {
  const int devices = env("CUEMU_DEVICES", 1);
  if (device < 0 || device >= devices || peer < 0 || peer >= devices) return cudaErrorInvalidDevice;
  return *out = device != peer && !env("CUEMU_NO_PEER", 0), cudaSuccess;
}
cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned) {
  int can = 0;
  if (const cudaError_t e = cudaDeviceCanAccessPeer(&can, current_device, peer)) return e;
  if (!can) return cudaErrorPeerAccessUnsupported;
  std::lock_guard lock(peers_mutex);
  return peers.emplace(current_device, peer).second ? cudaSuccess : cudaErrorPeerAccessAlreadyEnabled;
}
cudaError_t cudaGetLastError() { return cudaError_t(sticky_error.load()); }
cudaError_t cudaMemcpyPeerAsync(void* dst, int to, const void* src, int from, size_t n, cudaStream_t s) {
  if (!s || s->device != current_device) return cudaErrorInvalidResourceHandle;
  if (!memory().allocated(dst, n, to) || !memory().allocated(src, n, from)) return cudaErrorInvalidValue;
  std::lock_guard lock(peers_mutex);
  const bool direct = peers.count({to, from}) != 0;
  if (FILE* log = getenv("CUEMU_PEER_LOG") ? fopen(getenv("CUEMU_PEER_LOG"), "a") : nullptr)
    fprintf(log, "%d to %d %s\n", from, to, direct ? "directly" : "through the host"), fclose(log);
  s->push(on_device([=] {
    if (direct) return void(memcpy(dst, src, n));
    const std::unique_ptr<char[]> host(new char[n]);
    memcpy(host.get(), src, n), memcpy(dst, host.get(), n);
  }));
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* dst, int value, size_t n, cudaStream_t s) {
  if (!s || s->device != current_device) return cudaErrorInvalidResourceHandle;
  if (!memory().allocated(dst, n, s->device)) return cudaErrorInvalidValue;
  s->push(on_device([=] { memset(dst, value, n); }));
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* s, unsigned) {
  std::lock_guard lock(streams_mutex);
  streams.push_back(*s = new CUstream_st);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t s) {
  s->drain();
  {
    std::lock_guard lock(streams_mutex);
    std::erase(streams, s);
  }
  {
    std::lock_guard lock(s->mutex);
    s->stop = true;
    s->changed.notify_all();
  }
  s->thread.join();
  delete s;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t s) { return s->drain(), cudaError_t(sticky_error.load()); }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* e, unsigned) { return *e = new CUevent_st, cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t e, cudaStream_t s) {
  auto record = std::make_shared<Record>();
  {
    std::lock_guard lock(e->mutex);
    e->record = record;
  }
  s->push([record] { record->pass(); });
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t s, cudaEvent_t e, unsigned) {
  const std::shared_ptr<Record> record = e->last();
  if (record && !env("CUEMU_NO_WAIT", 0)) s->push([record] { record->wait(); });
  return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t e) {
  if (sticky_error) return cudaError_t(sticky_error.load());
  const std::shared_ptr<Record> record = e->last();
  if (!record) return cudaSuccess;
  std::lock_guard lock(record->mutex);
  return record->passed ? cudaSuccess : cudaErrorNotReady;
}
cudaError_t cudaEventSynchronize(cudaEvent_t e) {
  if (const std::shared_ptr<Record> record = e->last()) record->wait();
  return cudaError_t(sticky_error.load());
}
cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }  // kept: a queue may still name it
const char* cudaGetErrorString(cudaError_t e) {
  switch (e) {
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorIllegalAddress:
      return "an illegal memory access: a kernel's argument is host memory or was freed";
    case cudaErrorLaunchFailure:
      return "unspecified launch failure";
    default:
      return e ? "error in the emulated CUDA runtime" : "no error";
  }
}
const char* cudaGetErrorName(cudaError_t e) { return e ? "cudaError" : "cudaSuccess"; }
