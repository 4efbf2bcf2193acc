// The kernels and drivers behind random.h.
#include "mx/op/random.h"

#if defined(MX_PASS_CUDA)
#include "mx/cuda/element.h"
#endif

namespace mx {
enum RandomMode : int { kUniform, kNormal };
inline constexpr int64_t kRandomBlock = 1024;  // elements per call; a multiple of what the lanes of Philox make
}  // namespace mx

namespace mx::MX_ISA {

// sin and cos of 2 pi t for t in [0, 1), by Taylor's series on an eighth of the circle.
template <class T>
MX_XPU void sin_cos_turn(T t, T& sine, T& cosine) {
  const T quarter = floor(t * T(4) + T(0.5));
  const T x = (t - quarter * T(0.25)) * T(6.283185307179586), s = x * x;
  const T a =
      x * (T(1) +
           s * (T(-1.0 / 6) +
                s * (T(1.0 / 120) + s * (T(-1.0 / 5040) +
                                         s * (T(1.0 / 362880) + s * (T(-1.0 / 39916800) + s * T(1.0 / 6227020800)))))));
  const T b =
      T(1) +
      s * (T(-0.5) +
           s * (T(1.0 / 24) +
                s * (T(-1.0 / 720) + s * (T(1.0 / 40320) + s * (T(-1.0 / 3628800) + s * (T(1.0 / 479001600) -
                                                                                         s * T(1.0 / 87178291200)))))));
  const int q = static_cast<int>(quarter) & 3;
  const T u = q & 1 ? b : a, v = q & 1 ? a : b;
  sine = q >= 2 ? -u : u;
  cosine = q == 1 || q == 2 ? -v : v;
}

// Fills out[0][0..n), n <= kRandomBlock. extra: seed, first counter; params: two doubles.
struct Draw {
  template <class T>
  static void loop(void* const* out, const void* const*, int64_t n, const LoopArgs& args) {
    constexpr int words_per = sizeof(T) / 4;
    uint32_t words[kRandomBlock * words_per];
    const int64_t count = (n + 1) / 2 * 2 * words_per;  // normals come in pairs
    for (int64_t i = 0; i < count; i += 4 * kPhiloxLanes)
      philox(static_cast<uint64_t>(args.extra[0]), static_cast<uint64_t>(args.extra[1] + i / 4), words + i);
    T unit[kRandomBlock];
    for (int64_t i = 0; i < count / words_per; ++i) {
      if constexpr (words_per == 1)
        unit[i] = unit_interval(words[i]);
      else
        unit[i] = unit_interval(words[2 * i], words[2 * i + 1]);
    }
    T* const y = static_cast<T*>(out[0]);
    const double* const p = static_cast<const double*>(args.params);
    const T first = static_cast<T>(p[0]), second = static_cast<T>(p[1]);
    if (args.mode == kUniform) {
      const T span = second - first;
      for (int64_t i = 0; i < n; ++i) y[i] = first + unit[i] * span;
      return;
    }
    // Box and Muller: two normals from two uniforms.
    T normal[kRandomBlock];
    for (int64_t i = 0; i < (n + 1) / 2; ++i) {
      const T radius = sqrt(T(-2) * log(T(1) - unit[2 * i]));
      T sine, cosine;
      sin_cos_turn(unit[2 * i + 1], sine, cosine);
      normal[2 * i] = radius * cosine, normal[2 * i + 1] = radius * sine;
    }
    for (int64_t i = 0; i < n; ++i) y[i] = first + second * normal[i];
  }
};

#if defined(MX_PASS_CUDA)
// A thread makes what comes of one counter: four float32 or two float64.
template <class T>
__global__ void __launch_bounds__(kThreads)
    draw_kernel(DeviceOperand out, int64_t n, uint64_t seed, uint64_t first, int mode, T low, T high) {
  constexpr int kWords = sizeof(T) / 4, kEach = 4 / kWords;
  const int64_t counters = (n + kEach - 1) / kEach, step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < counters; i += step) {
    uint32_t words[4];
    philox<1>(seed, first + static_cast<uint64_t>(i), words);
    T value[kEach];
#pragma unroll
    for (int k = 0; k < kEach; ++k) {
      if constexpr (kWords == 1)
        value[k] = unit_interval(words[k]);
      else
        value[k] = unit_interval(words[2 * k], words[2 * k + 1]);
    }
    if (mode == kUniform) {
#pragma unroll
      for (int k = 0; k < kEach; ++k) value[k] = low + value[k] * (high - low);
    } else {
#pragma unroll
      for (int k = 0; k < kEach; k += 2) {
        const T radius = sqrt(T(-2) * log(T(1) - value[k]));
        T sine, cosine;
        sin_cos_turn(value[k + 1], sine, cosine);
        value[k] = low + high * (radius * cosine), value[k + 1] = low + high * (radius * sine);
      }
    }
#pragma unroll
    for (int k = 0; k < kEach; ++k)
      if (i * kEach + k < n) store<T>(out.data, out.dtype, i * kEach + k, value[k]);
  }
}
template <>
struct DeviceBlock<Draw> {
  static constexpr int kKind = MX_BLOCK_RANDOM;
  template <class T>
  static int run(const MXBlock* block) {
    const double* const p = static_cast<const double*>(block->params);
    const int64_t n = block->ndim ? block->dims[0] : 1;
    return launch(block, draw_kernel<T>, grid_for(n / 2 + 1), kThreads, 0, to_operand(block->out[0], 0), n,
                  static_cast<uint64_t>(block->extra[0]), static_cast<uint64_t>(block->extra[1]), block->mode,
                  static_cast<T>(p[0]), static_cast<T>(p[1]));
  }
};
#endif

#if defined(MX_PASS_CUDA)
__global__ void __launch_bounds__(kThreads) bits_kernel(uint32_t* out, int64_t n, uint64_t seed, uint64_t first) {
  const int64_t step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < (n + 3) / 4; i += step) {
    uint32_t words[4];
    philox<1>(seed, first + static_cast<uint64_t>(i), words);
    for (int64_t k = 0; k < 4 && 4 * i + k < n; ++k) out[4 * i + k] = words[k];
  }
}
#endif

struct Bits {
  template <class T>
  static void loop(void* const* out, const void* const*, int64_t n, const LoopArgs& args) {
    uint32_t* const y = static_cast<uint32_t*>(out[0]);
    constexpr int64_t kWords = 4 * kPhiloxLanes;
    const auto make = [&](int64_t i, uint32_t* words) {
      philox(static_cast<uint64_t>(args.extra[0]), static_cast<uint64_t>(args.extra[1] + i / 4), words);
    };
    int64_t i = 0;
    for (; i + kWords <= n; i += kWords) make(i, y + i);
    uint32_t words[kWords];
    if (i < n) make(i, words);
    for (int64_t k = 0; i + k < n; ++k) y[i + k] = words[k];
  }
};
#if defined(MX_PASS_CUDA)
template <>
struct DeviceBlock<Bits> {
  static constexpr int kKind = MX_BLOCK_RANDOM;
  template <class T>
  static int run(const MXBlock* block) {
    const int64_t n = block->ndim ? block->dims[0] : 1;
    return launch(block, bits_kernel, grid_for(n / 4 + 1), kThreads, 0, static_cast<uint32_t*>(block->out[0].data), n,
                  static_cast<uint64_t>(block->extra[0]), static_cast<uint64_t>(block->extra[1]));
  }
};
#endif

}  // namespace mx::MX_ISA

MX_KERNELS(philox_draw, Draw, float, double)
MX_KERNELS(philox_bits, Bits, int32_t)

#if defined(MX_PASS_HOST)
#include "base/random.h"
#include "device/blocks.h"
#include "engine/threads.h"

namespace mx {
namespace {

void draw(PhiloxGenerator& random, const Tensor& out, int mode, double first, double second) {
  const Kernel& kernel = get_kernel("philox_draw");
  MX_CHECK(is_floating(out.dtype), kType, "[random] ", out.dtype, " is no floating dtype");
  const DType lane = kernel.lane(out.dtype);
  const Loop loop = kernel.loop(lane);
  const int64_t words_per = lane == DType::kFloat64 ? 2 : 1, n = out.size(),
                size = static_cast<int64_t>(size_of(out.dtype));
  const PhiloxKey key = random.reserve(static_cast<uint64_t>((n * words_per + 7) / 4));
  const double params[] = {first, second};
  if (device::current()) {
    const int64_t extra[] = {static_cast<int64_t>(key.seed), static_cast<int64_t>(key.offset)};
    return device::run_random(kernel, lane, {}, out, mode, params, extra);
  }
  engine::parallel_for(n, 4 * kRandomBlock, [&](int64_t begin, int64_t end) {
    alignas(64) char block[kRandomBlock * 8];
    for (int64_t at = begin; at < end; at += kRandomBlock) {
      const int64_t count = end - at < kRandomBlock ? end - at : kRandomBlock;
      const int64_t extra[] = {static_cast<int64_t>(key.seed), static_cast<int64_t>(key.offset) + at * words_per / 4};
      void* to = lane == out.dtype ? out.as<char>() + at * size : block;
      loop(&to, nullptr, count, LoopArgs{.params = params, .mode = mode, .extra = extra});
      if (lane != out.dtype) convert(block, lane, out.as<char>() + at * size, out.dtype, count);
    }
  });
}

}  // namespace

void fill_uniform(PhiloxGenerator& random, const Tensor& out, double low, double high) {
  draw(random, out, kUniform, low, high);
}
void fill_normal(PhiloxGenerator& random, const Tensor& out, double mean, double deviation) {
  draw(random, out, kNormal, mean, deviation);
}
void fill_bits(PhiloxGenerator& random, uint32_t* out, int64_t count) {
  const Kernel& kernel = get_kernel("philox_bits");
  const Loop loop = kernel.loop(DType::kInt32);
  const PhiloxKey key = random.reserve(static_cast<uint64_t>((count + 3) / 4));
  if (device::current()) {
    const int64_t extra[] = {static_cast<int64_t>(key.seed), static_cast<int64_t>(key.offset)};
    return device::run_random(kernel, DType::kInt32, {}, {out, {count}, DType::kInt32}, 0, nullptr, extra);
  }
  engine::parallel_for(count, 4 * kRandomBlock, [&](int64_t begin, int64_t end) {
    const int64_t extra[] = {static_cast<int64_t>(key.seed), static_cast<int64_t>(key.offset) + begin / 4};
    void* to = out + begin;
    loop(&to, nullptr, end - begin, LoopArgs{.extra = extra});
  });
}

}  // namespace mx
#endif
