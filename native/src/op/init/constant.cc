// Arrays filled with one number.
#include "device/blocks.h"
#include "mx/base/wished_shape.h"
#include "mx/op/elementwise.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

struct InitParam {
  Shape shape = Shape::scalar();
  std::string ctx;
  DType dtype = DType::kFloat32;
  static void fields(auto& f) {
    f.add("shape", &InitParam::shape, "The shape. In a symbol, 0 stands for what other arrays decide.");
    f.add("ctx", &InitParam::ctx, "Where the array lives: cpu or cpu(0).");
    f.add("dtype", &InitParam::dtype, "The dtype.");
  }
};
struct FullParam {
  Shape shape = Shape::scalar();
  std::string ctx;
  DType dtype = DType::kFloat32;
  double value = 0;
  static void fields(auto& f) {
    f.add("shape", &FullParam::shape, "The shape. In a symbol, 0 stands for what other arrays decide.");
    f.add("ctx", &FullParam::ctx, "Where the array lives: cpu or cpu(0).");
    f.add("dtype", &FullParam::dtype, "The dtype.");
    f.add("value", &FullParam::value, "The number.").required();
  }
};
struct SetValueParam {
  float src = 0;
  static void fields(auto& f) { f.add("src", &SetValueParam::src, "The number.").required(); }
};
struct ZerosParam {
  std::optional<Shape> shape;
  std::string ctx;
  int32_t dtype = -1;
  static void fields(auto& f) {
    f.add("shape", &ZerosParam::shape, "The shape. None: what other arrays decide.");
    f.add("ctx", &ZerosParam::ctx, "Where the array lives: cpu or cpu(0).");
    f.add("dtype", &ZerosParam::dtype,
          "The number of a dtype (0 float32, 1 float64, 2 float16, 3 uint8, 4 int32, 5 int8, 6 int64, 7 bool, 12 "
          "bfloat16); -1: what other arrays decide, float32 by default.")
        .range(-1, 12);
  }
};
struct ResetParam {
  int32_t num_arrays = 1;
  static void fields(auto& f) {
    f.add("num_arrays", &ResetParam::num_arrays, "How many arrays there are.").range(1).required();
  }
};

void fill(const Tensor& out, double value) {
  alignas(8) char converted[8];
  convert(&value, DType::kFloat64, converted, out.dtype, 1);
  if (!device::current()) return fill_bytes(out, converted);
  const Tensor in{converted, Shape{1}, out.dtype};
  run_elementwise(get_kernel("copy"), std::span(&in, 1), std::span(&out, 1));
}

template <class P>
OpDef& creation(OpDef& op) {
  return op.params<P>()
      .no_gradient()
      .infer_shape([](const InferShape& s) { s.set_output(0, wished_shape(s.as<P>().shape)); })
      .infer_dtype([](const InferDType& t) { t.set_output(0, t.as<P>().dtype); });
}

bool nothing(const void*, size_t) { return false; }
OpDef& like(OpDef& op) {
  return op.input("data", "The array.").infer_shape(same_shape).no_gradient().any_format().reads(nothing);
}

}  // namespace

MX_OPERATOR(_zeros) {
  creation<InitParam>(op).describe("An array of zeros.").portable_forward([](const OpContext& ctx) {
    fill_zeros(ctx.out[0]);
  });
}
MX_OPERATOR(_ones) {
  creation<InitParam>(op).describe("An array of ones.").portable_forward([](const OpContext& ctx) {
    fill(ctx.out[0], 1);
  });
}
MX_OPERATOR(_full) {
  creation<FullParam>(op).describe("An array filled with a number.").portable_forward([](const OpContext& ctx) {
    fill(ctx.out[0], ctx.as<FullParam>().value);
  });
}
MX_OPERATOR(zeros_like) {
  like(op).describe("Zeros in the shape and dtype of the array.").portable_forward([](const OpContext& ctx) {
    fill_zeros(ctx.out[0]);
  });
}
MX_OPERATOR(ones_like) {
  like(op).describe("Ones in the shape and dtype of the array.").portable_forward([](const OpContext& ctx) {
    fill(ctx.out[0], 1);
  });
}
MX_OPERATOR(_set_value) {
  op.describe("Fills the array that is given as `out` with a number.")
      .params<SetValueParam>()
      .no_gradient()
      .infer_shape([](const InferShape&) {})
      .infer_dtype([](const InferDType&) {})
      .portable_forward([](const OpContext& ctx) { fill(ctx.out[0], ctx.as<SetValueParam>().src); });
}
MX_OPERATOR(_zeros_without_dtype) {
  op.describe("An array of zeros, whose dtype other arrays may decide.")
      .params<ZerosParam>()
      .no_gradient()
      .infer_shape(
          [](const InferShape& s) { s.set_output(0, wished_shape(s.as<ZerosParam>().shape.value_or(Shape()))); })
      .infer_dtype([](const InferDType& t) {
        const int32_t dtype = t.as<ZerosParam>().dtype;
        if (dtype >= 0 || t.out[0] == DType::kUnknown)
          t.set_output(0, dtype >= 0 ? static_cast<DType>(dtype) : DType::kFloat32);
      })
      .portable_forward([](const OpContext& ctx) { fill_zeros(ctx.out[0]); });
}
MX_OPERATOR(reset_arrays) {
  op.describe("Writes zeros to arrays, in place; there is no result.")
      .variadic("data", "num_arrays", "The arrays.")
      .params<ResetParam>()
      .num_outputs([](const void*) { return 0; })
      .groups(1)
      .mutates({0})
      .no_gradient()
      .infer_shape([](const InferShape&) {})
      .infer_dtype([](const InferDType&) {})
      .portable_forward([](const OpContext& ctx) {
        for (const Tensor& array : ctx.in) fill_zeros(array);
      });
}

}  // namespace mx
