// One element of any dtype, read into or written from the type that a kernel computes in. Kernels are compiled per
// lane type only; the dtype of an array is looked at when it runs, alike for all threads.
//
// As on the CPU numbers convert as in C++, and bytes take the low bits of an integer. What C++ leaves open differs:
// a NaN or too large float becomes the nearest integer here (0 for NaN), on the CPU the lowest one.
#pragma once
#include <cstdint>

#include "mx/cuda/launch.h"

namespace mx::MX_ISA {

template <class To, class From>
MX_XPU To bits_as(From value) {
  return __builtin_bit_cast(To, value);
}

#if defined(__CUDA_ARCH__)
MX_XPU float half_to_float(uint16_t bits) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
  return value;
}
MX_XPU uint16_t float_to_half(float value) {
  uint16_t bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return bits;
}
#elif defined(__CUDACC__)  // nvcc's host pass compiles kernels, but never runs them
inline float half_to_float(uint16_t) { return 0; }
inline uint16_t float_to_half(float) { return 0; }
#else
inline float half_to_float(uint16_t bits) { return static_cast<float>(bits_as<_Float16>(bits)); }
inline uint16_t float_to_half(float value) { return bits_as<uint16_t>(static_cast<_Float16>(value)); }
#endif

MX_XPU float number(float16 x) { return half_to_float(x.bits); }
MX_XPU float number(bfloat16 x) { return bits_as<float>(static_cast<uint32_t>(x.bits) << 16); }
template <class T>
MX_XPU T number(T x) {
  return x;
}

template <class To, class From>
MX_XPU To element_as(From from) {
  const auto x = number(from);
  using Number = decltype(number(from));
  if constexpr (__is_same(To, From)) {
    return from;
  } else if constexpr (__is_same(To, bool)) {
    return x != Number(0);
  } else if constexpr (__is_same(To, float16)) {
    return {float_to_half(static_cast<float>(x))};
  } else if constexpr (__is_same(To, bfloat16)) {
    const float value = static_cast<float>(x);
    const uint32_t bits = bits_as<uint32_t>(value), rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return {static_cast<uint16_t>(value != value ? (bits >> 16 | 0x40) : rounded)};
  } else if constexpr ((__is_same(Number, float) || __is_same(Number, double)) && sizeof(To) == 1) {
    return static_cast<To>(static_cast<int32_t>(x));  // wraps around: 300 -> 44, -1 -> 255
  } else {
    return static_cast<To>(x);
  }
}

template <class T>
__device__ __forceinline__ T load(const void* data, DType dtype, int64_t i) {
  if (dtype == dtype_of<T>) return static_cast<const T*>(data)[i];
  switch (dtype) {
    case DType::kFloat64:
      return element_as<T>(static_cast<const double*>(data)[i]);
    case DType::kFloat16:
      return element_as<T>(static_cast<const float16*>(data)[i]);
    case DType::kBfloat16:
      return element_as<T>(static_cast<const bfloat16*>(data)[i]);
    case DType::kUint8:
      return element_as<T>(static_cast<const uint8_t*>(data)[i]);
    case DType::kInt8:
      return element_as<T>(static_cast<const int8_t*>(data)[i]);
    case DType::kInt32:
      return element_as<T>(static_cast<const int32_t*>(data)[i]);
    case DType::kInt64:
      return element_as<T>(static_cast<const int64_t*>(data)[i]);
    case DType::kBool:
      return element_as<T>(static_cast<const bool*>(data)[i]);
    default:
      return element_as<T>(static_cast<const float*>(data)[i]);
  }
}

template <class T>
__device__ __forceinline__ void store(void* data, DType dtype, int64_t i, T value) {
  if (dtype == dtype_of<T>) {
    static_cast<T*>(data)[i] = value;
    return;
  }
  switch (dtype) {
    case DType::kFloat64:
      static_cast<double*>(data)[i] = element_as<double>(value);
      break;
    case DType::kFloat16:
      static_cast<float16*>(data)[i] = element_as<float16>(value);
      break;
    case DType::kBfloat16:
      static_cast<bfloat16*>(data)[i] = element_as<bfloat16>(value);
      break;
    case DType::kUint8:
      static_cast<uint8_t*>(data)[i] = element_as<uint8_t>(value);
      break;
    case DType::kInt8:
      static_cast<int8_t*>(data)[i] = element_as<int8_t>(value);
      break;
    case DType::kInt32:
      static_cast<int32_t*>(data)[i] = element_as<int32_t>(value);
      break;
    case DType::kInt64:
      static_cast<int64_t*>(data)[i] = element_as<int64_t>(value);
      break;
    case DType::kBool:
      static_cast<bool*>(data)[i] = element_as<bool>(value);
      break;
    default:
      static_cast<float*>(data)[i] = element_as<float>(value);
  }
}

// An operand of a kernel, and the axes of the whole block: arguments are passed by value.
struct DeviceOperand {
  char* data;
  uint64_t value;
  DType dtype;
  int32_t unused;
  int64_t strides[kMaxAxes];
};

template <class T>
__device__ __forceinline__ T load(const DeviceOperand& x, int64_t i) {
  if (x.data) return load<T>(x.data, x.dtype, i);
  if constexpr (sizeof(T) == 8)
    return bits_as<T>(x.value);
  else if constexpr (sizeof(T) == 4)
    return bits_as<T>(static_cast<uint32_t>(x.value));
  else if constexpr (sizeof(T) == 2)
    return bits_as<T>(static_cast<uint16_t>(x.value));
  else
    return bits_as<T>(static_cast<uint8_t>(x.value));
}

inline DeviceOperand to_operand(const MXOperand& from, int ndim) {
  DeviceOperand x{static_cast<char*>(from.data), from.value, static_cast<DType>(from.dtype), 0, {}};
  for (int i = 0; i < ndim; ++i) x.strides[i] = from.strides[i];
  return x;
}

}  // namespace mx::MX_ISA
