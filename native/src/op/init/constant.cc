// Arrays filled with one number.
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

void fill(const Tensor& out, double value) {
  alignas(8) char converted[8];
  convert(&value, DType::kFloat64, converted, out.dtype, 1);
  const Tensor in{converted, Shape{1}, out.dtype};
  run_elementwise(get_kernel("copy"), std::span(&in, 1), std::span(&out, 1));
}

template <class P>
OpDef& creation(OpDef& op) {
  return op.params<P>()
      .no_gradient()
      .infer_shape([](const InferShape& s) {
        Shape shape = s.as<P>().shape;
        if (shape.ndim == 0) return;  // unknown
        for (int i = 0; i < shape.ndim; ++i)
          if (shape[i] == 0) shape[i] = -1;
        s.set_output(0, shape);
      })
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

}  // namespace mx
