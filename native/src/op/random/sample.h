// Distributions that are drawn by rejection. An operator file supplies a functor that makes one number from a stream of
// random words and one or two parameters, and MX_KERNELS(name, Sample<Functor>, double). Every element has a stream of
// its own, so how many words one takes doesn't matter to the others.
#pragma once
#include "mx/op/random.h"
#include "mx/op/special.h"

#if defined(MX_PASS_CUDA)
#include "mx/cuda/element.h"
#include "mx/cuda/register.h"
#endif

namespace mx::MX_ISA {

struct RandomStream {
  uint64_t seed, counter;
  uint32_t block = 0, left = 0, words[4];

  MX_XPU RandomStream(uint64_t key, uint64_t element) : seed(key), counter(element) {}
  MX_XPU uint32_t word() {
    if (left == 0) philox<1>(seed, counter, words, block++), left = 4;
    return words[--left];
  }
  // (0, 1)
  MX_XPU double uniform() {
    const uint64_t high = word(), low = word();
    return (static_cast<double>((high << 32 | low) >> 12) + .5) * 0x1p-52;
  }
  // G. Marsaglia's polar method.
  MX_XPU double normal() {
    double x, s;
    do {
      x = 2. * uniform() - 1.;
      const double y = 2. * uniform() - 1.;
      s = x * x + y * y;
    } while (s >= 1. || s == 0.);
    return x * sqrt(-2. * log(s) / s);
  }
};

// G. Marsaglia, W. Tsang, "A simple method for generating gamma variables", 2000. NaN where a parameter isn't positive.
MX_XPU double draw_gamma(RandomStream& random, double shape, double scale) {
  if (!(shape > 0. && scale > 0.)) return __builtin_nan("");
  const double boost = shape < 1. ? pow(random.uniform(), 1. / shape) : 1.;
  const double d = (shape < 1. ? shape + 1. : shape) - 1. / 3, c = 1. / (3. * sqrt(d));
  for (;;) {
    const double x = random.normal(), root = 1. + c * x;
    if (root <= 0.) continue;
    const double v = root * root * root, u = random.uniform();
    if (u < 1. - .0331 * x * x * x * x || log(u) < .5 * x * x + d * (1. - v + log(v))) return d * v * boost * scale;
  }
}

// Small means by counting factors, others by W. Hoermann, "The transformed rejection method for generating Poisson
// random variables", 1993. NaN where the mean is negative.
MX_XPU double draw_poisson(RandomStream& random, double mean) {
  if (!(mean >= 0.)) return __builtin_nan("");
  if (mean < 10.) {
    const double end = exp(-mean);
    double count = 0, product = random.uniform();
    for (; product > end; product *= random.uniform()) count += 1;
    return count;
  }
  if (mean == __builtin_inf()) return mean;
  const double log_mean = log(mean), b = .931 + 2.53 * sqrt(mean), a = -.059 + .02483 * b,
               inverse = 1.1239 + 1.1328 / (b - 3.4), limit = .9277 - 3.6224 / (b - 2.);
  for (;;) {
    const double u = random.uniform() - .5, v = random.uniform(), s = .5 - abs(u);
    const double k = floor((2. * a / s + b) * u + mean + .43);
    if (s >= .07 && v <= limit) return k;
    if (k < 0. || (s < .013 && v > s)) continue;
    if (log(v * inverse / (a / (s * s) + b)) <= k * log_mean - mean - lgamma(k + 1.)) return k;
  }
}

// extra: seed, counter of the first element, its number, elements per parameter. mode: scalars, where it is needed.
template <class F>
struct Sample {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const F f = make_functor<F>(args);
    T* const y = static_cast<T*>(out[0]);
    for (int64_t i = 0; i < n; ++i) {
      RandomStream random(static_cast<uint64_t>(args.extra[0]), static_cast<uint64_t>(args.extra[1] + i));
      const int64_t place = (args.extra[2] + i) / args.extra[3];
      const auto parameter = [&](int k) { return static_cast<const T*>(in[k])[args.scalars >> k & 1 ? 0 : place]; };
      if constexpr (requires { f(random, T()); })
        y[i] = f(random, parameter(0));
      else
        y[i] = f(random, parameter(0), parameter(1));
    }
  }
};

#if defined(MX_PASS_CUDA)
template <class F>
__global__ void __launch_bounds__(kThreads)
    sample_kernel(DeviceOperand out, DeviceOperand a, DeviceOperand b, int64_t n, uint64_t seed, uint64_t first,
                  int64_t each, int singles) {
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += int64_t(gridDim.x) * blockDim.x) {
    RandomStream random(seed, first + static_cast<uint64_t>(i));
    const double p = load<double>(a, singles & 1 ? 0 : i / each);
    double value;
    if constexpr (requires(const F& f) { f(random, p); })
      value = F()(random, p);
    else
      value = F()(random, p, load<double>(b, singles & 2 ? 0 : i / each));
    store<double>(out.data, out.dtype, i, value);
  }
}
template <class F>
struct DeviceBlock<Sample<F>> {
  static constexpr int kKind = MX_BLOCK_RANDOM;
  template <class T>
  static int run(const MXBlock* block) {
    const int64_t n = block->ndim ? block->dims[0] : 1;
    return launch(block, sample_kernel<F>, grid_for(n), kThreads, 0, to_operand(block->out[0], 0),
                  to_operand(block->in[0], 0), to_operand(block->in[block->num_in - 1], 0), n,
                  static_cast<uint64_t>(block->extra[0]), static_cast<uint64_t>(block->extra[1]), block->extra[3],
                  block->mode);
  }
};
#endif

}  // namespace mx::MX_ISA

#if defined(MX_PASS_HOST)
namespace mx {
// Fills `out`; a parameter is one value, or an array each of whose elements serves as many elements of `out` in turn.
void run_sample(const OpContext& ctx, const char* kernel, std::span<const Tensor> parameters, const Tensor& out);
}  // namespace mx
#endif
