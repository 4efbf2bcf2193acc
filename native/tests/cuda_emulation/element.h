// Elements of the floating types, for the reference loops of NVIDIA's libraries.
#pragma once
#include <cstdint>

#include "mx/base/dtype.h"

inline double get(const void* data, mx::DType type, int64_t i) {
  switch (type) {
    case mx::DType::kFloat64:
      return static_cast<const double*>(data)[i];
    case mx::DType::kFloat16:
      return static_cast<double>(static_cast<const _Float16*>(data)[i]);
    case mx::DType::kBfloat16:
      return static_cast<double>(__builtin_bit_cast(float, uint32_t{static_cast<const uint16_t*>(data)[i]} << 16));
    default:
      return static_cast<const float*>(data)[i];
  }
}

inline void put(void* data, mx::DType type, int64_t i, double value) {
  switch (type) {
    case mx::DType::kFloat64:
      static_cast<double*>(data)[i] = value;
      break;
    case mx::DType::kFloat16:
      static_cast<_Float16*>(data)[i] = static_cast<_Float16>(value);
      break;
    case mx::DType::kBfloat16: {
      const auto bits = __builtin_bit_cast(uint32_t, static_cast<float>(value));
      static_cast<uint16_t*>(data)[i] = static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
      break;
    }
    default:
      static_cast<float*>(data)[i] = static_cast<float>(value);
  }
}
