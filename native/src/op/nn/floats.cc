#include "mx/op.h"

#if defined(MX_ISA)
#include <immintrin.h>

namespace mx::MX_ISA {

// mode 0: to float32; 1: from float32.
struct HalfToFloat {
  static MX_INLINE float widen(float16 x) { return _cvtsh_ss(x.bits); }
  static MX_INLINE float widen(bfloat16 x) {
    const uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
    float y;
    __builtin_memcpy(&y, &bits, sizeof y);
    return y;
  }
  template <class T>
  static MX_INLINE int64_t wide(const T*, float*, int64_t) {
    return 0;
  }
  static MX_INLINE int64_t wide(const float16* x, float* y, int64_t n) {
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
      _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i))));
    return i;
  }
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs&) {
    const T* x = static_cast<const T*>(in[0]);
    float* y = static_cast<float*>(out[0]);
    for (int64_t i = wide(x, y, n); i < n; ++i) y[i] = widen(x[i]);
  }
};

struct FloatToHalf {
  static MX_INLINE void narrow(float x, float16& y) { y.bits = _cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT); }
  static MX_INLINE void narrow(float x, bfloat16& y) {
    uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    const uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    y.bits =
        static_cast<uint16_t>((bits & 0x7FFFFFFF) > 0x7F800000 ? (bits >> 16) | 0x40 : rounded);  // a NaN stays one
  }
  template <class T>
  static MX_INLINE int64_t wide(const float*, T*, int64_t) {
    return 0;
  }
  static MX_INLINE int64_t wide(const float* x, float16* y, int64_t n) {
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(y + i),
                       _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
    return i;
  }
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs&) {
    const float* x = static_cast<const float*>(in[0]);
    T* y = static_cast<T*>(out[0]);
    for (int64_t i = wide(x, y, n); i < n; ++i) narrow(x[i], y[i]);
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(half_to_float, HalfToFloat, float16, bfloat16)
MX_KERNELS(float_to_half, FloatToHalf, float16, bfloat16)

#if defined(MX_PASS_HOST)
#include "engine/threads.h"
#include "op/nn/floats.h"

namespace mx {

static void convert(const char* name, const Tensor& half, const void* from, size_t from_size, void* to,
                    size_t to_size) {
  const Loop loop = find_loop(name, half.dtype);
  engine::parallel_for(half.size(), 1 << 15, [&](int64_t begin, int64_t end) {
    void* out[] = {static_cast<char*>(to) + begin * static_cast<int64_t>(to_size)};
    const void* in[] = {static_cast<const char*>(from) + begin * static_cast<int64_t>(from_size)};
    loop(out, in, end - begin, {});
  });
}

static Floats floats(const OpContext& context, const Tensor& tensor) {
  MX_CHECK(is_floating(tensor.dtype), kType, "[", context.op.name, "] ", tensor.dtype,
           " is not supported; cast to float32 first");
  if (!is_half(tensor.dtype) || !tensor.data) return {tensor.as<char>(), compute_dtype(tensor.dtype), {}};
  void* copy = context.workspace(static_cast<size_t>(tensor.size()) * sizeof(float));
  return {static_cast<char*>(copy), DType::kFloat32, tensor};
}

Floats read_floats(const OpContext& context, const Tensor& input) {
  Floats result = floats(context, input);
  if (result.half.data) convert("half_to_float", input, input.data, 2, result.data, 4);
  return result;
}

Floats write_floats(const OpContext& context, const Tensor& output) { return floats(context, output); }

void Floats::finish() const {
  if (half.data) convert("float_to_half", half, data, 4, half.data, 2);
}

}  // namespace mx
#endif
