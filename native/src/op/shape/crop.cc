// A window of the last two axes of a batch of images.
#include "mx/op.h"
#include "part.h"

namespace mx {
namespace {

struct CropParam {
  int32_t num_args = 1;
  Shape offset{0, 0}, h_w{0, 0};
  bool center_crop = false;
  static void fields(auto& f) {
    f.add("num_args", &CropParam::num_args, "1, or 2 when a second array tells the size.").range(1, 2).required();
    f.add("offset", &CropParam::offset, "(y, x) of the first element.");
    f.add("h_w", &CropParam::h_w, "(height, width) of the window, where no second array tells them.");
    f.add("center_crop", &CropParam::center_crop, "Take the middle, whatever the offset.");
  }
};

// The window of the size of `part` in an image.
Part window(const OpDef& op, const CropParam& p, const Shape& image, const Shape& part) {
  Part w = Part::whole(image);
  for (int i : {0, 1}) {
    const int64_t rest = image[2 + i] - part[2 + i], at = p.center_crop ? rest / 2 : p.offset[i];
    MX_CHECK(at >= 0 && at <= rest, kValue, "[", op.name, "] a window ", part, " at offset ", at, " of axis ", 2 + i,
             " doesn't lie in data ", image);
    w.restrict(2 + i, at, part[2 + i]);
  }
  return w;
}

void infer_shape(const InferShape& s) {
  const auto& p = s.as<CropParam>();
  MX_CHECK(p.offset.ndim == 2 && p.h_w.ndim == 2, kValue, "[Crop] offset ", p.offset, " and h_w ", p.h_w,
           " must have two values each");
  const Shape& data = s.in[0];
  if (!data.rank_known()) return;
  MX_CHECK(data.ndim == 4, kValue, "[Crop] data has shape ", data, ", but must be (batch, channels, height, width)");
  Shape out = data;
  if (s.in.size() == 2) {
    const Shape& like = s.in[1];
    if (!like.rank_known()) return;
    MX_CHECK(like.ndim == 4, kValue, "[Crop] crop_like has shape ", like, ", but must have four axes, like data ",
             data);
    out[2] = like[2], out[3] = like[3];
  } else {
    MX_CHECK(p.h_w[0] > 0 && p.h_w[1] > 0, kValue, "[Crop] h_w is ", p.h_w,
             ", but must be positive where no second array tells the size");
    out[2] = p.h_w[0], out[3] = p.h_w[1];
  }
  s.set_output(0, out);
  if (data.known() && out.known()) window(s.op, p, data, out);
}

}  // namespace

MX_OPERATOR(Crop) {
  op.describe("A window of images: its size is h_w, or that of a second array.")
      .variadic("arg", "num_args",
                "The images (batch, channels, height, width), and perhaps an array of the size wanted.")
      .params<CropParam>()
      .infer_shape(infer_shape)
      .infer_dtype([](const InferDType& t) {
        t.set_output(0, t.in[0]);
        t.set_input(0, t.out[0]);
        if (t.in.size() == 2 && t.in[1] == DType::kUnknown) t.set_input(1, t.in[0]);
      })
      .reads([](const void*, size_t input) { return input == 0; })
      .portable_forward([](const OpContext& ctx) {
        window(ctx.op, ctx.as<CropParam>(), ctx.in[0].shape, ctx.out[0].shape).read(ctx.in[0], ctx.out[0]);
      })
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call_same("_backward_Crop", {g.head(), g.input(0)}).at(0));
        if (g.num_inputs() == 2 && g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

MX_OPERATOR(_backward_Crop) {
  op.describe("The gradient of Crop.")
      .input("head", "The gradient of the result.")
      .input("data", "Only its shape matters.")
      .params<CropParam>()
      .reads([](const void*, size_t input) { return input == 0; })
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .portable_forward([](const OpContext& ctx) {
        fill_zeros(ctx.out[0]);
        window(ctx.op, ctx.as<CropParam>(), ctx.out[0].shape, ctx.in[0].shape).write(ctx.in[0], ctx.out[0]);
      })
      .gradient([](GradientContext& g) {
        CropParam p = g.as<CropParam>();
        p.num_args = 2;
        if (g.wants(0)) g.set(0, g.call("Crop", {g.head(), g.input(0)}, p));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

}  // namespace mx
