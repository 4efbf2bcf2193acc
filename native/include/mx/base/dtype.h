// Element types. The numbers are those of the .params format.
#pragma once
#include <cstddef>
#include <cstdint>

#if !defined(MX_PASS_CPU) && !defined(MX_PASS_CUDA)
#define MX_PASS_HOST 1  // everything but the kernels of an instruction set or a device
#include <string_view>
#endif

#define MX_INLINE __attribute__((always_inline)) inline

namespace mx {

enum class DType : int32_t {
  kUnknown = -1,
  kFloat32 = 0,
  kFloat64 = 1,
  kFloat16 = 2,
  kUint8 = 3,
  kInt32 = 4,
  kInt8 = 5,
  kInt64 = 6,
  kBool = 7,
  kBfloat16 = 12,
};
inline constexpr int kDTypeSlots = 13;  // size of a table indexed by DType

// Storage of the two half types. Arithmetic happens in float32.
struct float16 {
  uint16_t bits;
};
struct bfloat16 {
  uint16_t bits;
};

template <class T>
inline constexpr DType dtype_of = DType::kUnknown;
template <>
inline constexpr DType dtype_of<float> = DType::kFloat32;
template <>
inline constexpr DType dtype_of<double> = DType::kFloat64;
template <>
inline constexpr DType dtype_of<float16> = DType::kFloat16;
template <>
inline constexpr DType dtype_of<bfloat16> = DType::kBfloat16;
template <>
inline constexpr DType dtype_of<uint8_t> = DType::kUint8;
template <>
inline constexpr DType dtype_of<int8_t> = DType::kInt8;
template <>
inline constexpr DType dtype_of<int32_t> = DType::kInt32;
template <>
inline constexpr DType dtype_of<int64_t> = DType::kInt64;
template <>
inline constexpr DType dtype_of<bool> = DType::kBool;

MX_INLINE constexpr size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
    case DType::kInt64:
      return 8;
    case DType::kFloat32:
    case DType::kInt32:
      return 4;
    case DType::kFloat16:
    case DType::kBfloat16:
      return 2;
    case DType::kUint8:
    case DType::kInt8:
    case DType::kBool:
      return 1;
    default:
      return 0;
  }
}
MX_INLINE constexpr bool is_half(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBfloat16; }
MX_INLINE constexpr bool is_floating(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat64 || is_half(dtype);
}

#if defined(MX_PASS_HOST)
const char* name_of(DType dtype);          // "float32"; "unknown"
DType parse_dtype(std::string_view name);  // raises kType for a name that is none
bool is_valid_dtype(int32_t flag);         // one of the numbers above
#endif

}  // namespace mx
