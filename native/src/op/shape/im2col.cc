// The patches of images under a moving window as columns of matrices, and the sum of such columns back to images.
#include "mx/op.h"
#include "op/shape/take_axis.h"

namespace mx {

// For kernels of devices. Always three spatial axes; missing ones have size 1 and come first.
struct PatchGeometry {
  int64_t n;  // elements of the result
  int64_t size[3], places[3], kernel[3], stride[3], dilate[3], pad[3];
};
struct PatchTaken : PatchGeometry {
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    int64_t position[3];
    N rest = i;
    for (int k = 2; k >= 0; --k) position[k] = take_axis(rest, places[k]) * stride[k] - pad[k];
    bool inside = true;
    int64_t offset = 0, step = 1;
    for (int k = 2; k >= 0; --k) {
      const int64_t at = position[k] + take_axis(rest, kernel[k]) * dilate[k];
      inside = inside && at >= 0 && at < size[k];
      offset += at * step, step *= size[k];
    }
    a.to(0)[i] = inside ? a.from(0)[rest * step + offset] : T{};
  }
};
struct PatchSum : PatchGeometry {
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    int64_t at[3];
    N rest = i;
    for (int k = 2; k >= 0; --k) at[k] = take_axis(rest, size[k]) + pad[k];
    const int64_t elements = kernel[0] * kernel[1] * kernel[2];
    T sum = 0;
    for (int64_t x = 0; x < kernel[0]; ++x)
      for (int64_t y = 0; y < kernel[1]; ++y)
        for (int64_t z = 0; z < kernel[2]; ++z) {
          const int64_t reach[3] = {at[0] - x * dilate[0], at[1] - y * dilate[1], at[2] - z * dilate[2]};
          int64_t from = rest * elements + (x * kernel[1] + y) * kernel[2] + z;
          bool met = true;
          for (int k = 0; k < 3; ++k) {
            const int64_t place = reach[k] / stride[k];
            met = met && reach[k] >= 0 && place * stride[k] == reach[k] && place < places[k];
            from = from * places[k] + place;
          }
          if (met) sum += a.read(0, from);
        }
    a.write(0, i, sum);
  }
};

}  // namespace mx

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"
MX_DEVICE_KERNELS(patch_taken, Each<PatchTaken>, uint8_t, float16, int32_t, int64_t)
MX_DEVICE_KERNELS(patch_sum, Each<PatchSum>, float, double, int32_t, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "device/dense.h"
#include "engine/threads.h"
#include "op/nn/window.h"
#include "op/shape/sums.h"

namespace mx {
namespace {

struct PatchParam {
  Shape kernel = Shape::scalar(), stride = Shape::scalar(), dilate = Shape::scalar(), pad = Shape::scalar();
  template <class P>
  static void window_fields(auto& f) {
    const auto add = [&](const char* name, Shape PatchParam::* field, const char* doc) -> auto& {
      return f.add(name, static_cast<Shape P::*>(field), doc);
    };
    add("kernel", &PatchParam::kernel, "The size of the window: (w,), (h, w) or (d, h, w).").required();
    add("stride", &PatchParam::stride, "How far the window moves. (): 1.");
    add("dilate", &PatchParam::dilate, "The distance between the elements under the window. (): 1.");
    add("pad", &PatchParam::pad, "Zeros around the image, before and after each axis. (): 0.");
  }
  static void fields(auto& f) { window_fields<PatchParam>(f); }
  Window window(const OpDef& op) const { return {op, kernel, stride, dilate, pad, {}}; }
};
struct ImageParam : PatchParam {
  Shape output_size = Shape::scalar();
  static void fields(auto& f) {
    f.add("output_size", &ImageParam::output_size, "The spatial size of the images: (w,), (h, w) or (d, h, w).")
        .required();
    window_fields<ImageParam>(f);
  }
};

// How many places the window has along each axis.
Shape places(const OpDef& op, const Window& w, const Shape& size) {
  Shape out = Shape::filled(w.rank, 0);
  for (int i = 0; i < w.rank; ++i) {
    if (size[i] < 0) {
      out[i] = -1;
      continue;
    }
    out[i] = (size[i] + 2 * w.pad[i] - w.extent(i)) / w.stride[i] + 1;
    MX_CHECK(size[i] + 2 * w.pad[i] >= w.extent(i), kValue, "[", op.name, "] the window covers ", w.extent(i),
             " elements along spatial axis ", i, ", but an image of ", size, " has fewer, with padding");
  }
  return out;
}
int64_t product(const Shape& shape) { return shape.known() ? shape.size() : -1; }
int64_t kernel_size(const Window& w) {
  int64_t n = 1;
  for (int i = 0; i < w.rank; ++i) n *= w.kernel[i];
  return n;
}

// One element of the kernel: which part of the columns' places see the image through it, and where.
struct View {
  int64_t count[3], column[3], image[3];  // how many places, the first of them, and what that sees
  bool empty = false;

  View(const Window& w, int64_t element, const Shape& size, const Shape& places) {
    for (int i = w.rank - 1; i >= 0; --i) {
      const int64_t shift = element % w.kernel[i] * w.dilate[i] - w.pad[i], step = w.stride[i];
      element /= w.kernel[i];
      const int64_t first = shift < 0 ? (-shift + step - 1) / step : 0;
      const int64_t end = size[i] > shift ? std::min(places[i], (size[i] - shift - 1) / step + 1) : 0;
      count[i] = end - first, column[i] = first, image[i] = first * step + shift;
      empty = empty || count[i] <= 0;
    }
  }
};

struct Geometry {
  Window window;
  int64_t planes, elements;  // batch times channels; of the kernel
  Shape size, places;
  Geometry(const OpDef& op, const PatchParam& p, const Shape& image)
      : window(p.window(op)),
        planes(image[0] * image[1]),
        elements(kernel_size(window)),
        size(image.slice(2)),
        places(mx::places(op, window, size)) {}
  PatchGeometry of_device(int64_t n) const {
    PatchGeometry g{n, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {}};
    for (int i = 0, to = 3 - window.rank; i < window.rank; ++i, ++to) {
      g.size[to] = size[i], g.places[to] = places[i], g.kernel[to] = window.kernel[i];
      g.stride[to] = window.stride[i], g.dilate[to] = window.dilate[i], g.pad[to] = window.pad[i];
    }
    return g;
  }
  // Offsets of what a view starts with, in a plane of the image and of the columns.
  int64_t image_offset(const View& v) const {
    const Shape steps = strides_of(size);
    int64_t offset = 0;
    for (int i = 0; i < window.rank; ++i) offset += v.image[i] * steps[i];
    return offset;
  }
  int64_t column_offset(const View& v, int64_t element) const {
    const Shape steps = strides_of(places);
    int64_t offset = element * places.size();
    for (int i = 0; i < window.rank; ++i) offset += v.column[i] * steps[i];
    return offset;
  }
};

void gather(const OpContext& ctx) {
  const Tensor &image = ctx.in[0], &columns = ctx.out[0];
  const Geometry g(ctx.op, ctx.as<PatchParam>(), image.shape);
  if (columns.size() == 0) return;
  if (device::current()) {
    const PatchTaken taken{g.of_device(columns.size())};
    return device::run_dense("patch_taken", device::word_of(image.dtype), {image}, {columns}, &taken);
  }
  fill_zeros(columns);
  const Shape from = strides_of(g.size), to = strides_of(g.places);
  for (int64_t e = 0; e < g.elements; ++e) {
    const View v(g.window, e, g.size, g.places);
    if (v.empty) continue;
    StridedCopy copy;
    copy.axis(g.planes, g.size.size(), g.elements * g.places.size());
    for (int i = 0; i < g.window.rank; ++i) copy.axis(v.count[i], from[i] * g.window.stride[i], to[i]);
    copy.run(element_at(image, g.image_offset(v)), element_at(columns, g.column_offset(v, e)), size_of(image.dtype));
  }
}

void scatter(const OpContext& ctx) {
  const Tensor &columns = ctx.in[0], &image = ctx.out[0];
  const Geometry g(ctx.op, ctx.as<PatchParam>(), image.shape);
  const int rank = g.window.rank;
  const int64_t plane = g.size.size(), column_plane = g.elements * g.places.size();
  if (image.size() == 0) return;
  if (device::current()) {
    const PatchSum sum{g.of_device(image.size())};
    return device::run_dense("patch_sum", get_kernel("add").lane(image.dtype), {columns}, {image}, &sum);
  }
  sum_into(ctx, columns, image, [&](const auto* from, auto* to) {
    engine::parallel_for(g.planes, kGrain / (column_plane + 1) + 1, [&](int64_t begin, int64_t end) {
      const Shape steps = strides_of(g.size), column_steps = strides_of(g.places);
      for (int64_t p = begin; p < end; ++p)
        for (int64_t e = 0; e < g.elements; ++e) {
          const View v(g.window, e, g.size, g.places);
          if (v.empty) continue;
          auto* const y = to + p * plane + g.image_offset(v);
          const auto* const x = from + p * column_plane + g.column_offset(v, e);
          const int64_t width = v.count[rank - 1], stride = g.window.stride[rank - 1];
          const int64_t h = rank > 1 ? v.count[rank - 2] : 1, d = rank > 2 ? v.count[0] : 1;
          for (int64_t row = 0; row < d * h; ++row) {
            const int64_t a = row / h, b = row % h;
            const int64_t down = rank > 1 ? b * steps[rank - 2] * g.window.stride[rank - 2] : 0;
            const int64_t deep = rank > 2 ? a * steps[0] * g.window.stride[0] : 0;
            auto* const line = y + deep + down;
            const auto* const values =
                x + (rank > 1 ? b * column_steps[rank - 2] : 0) + (rank > 2 ? a * column_steps[0] : 0);
            for (int64_t i = 0; i < width; ++i) line[i * stride] += values[i];
          }
        }
    });
  });
}

}  // namespace

MX_OPERATOR(im2col) {
  op.describe("The patches of images under a moving window: (n, c, ...) becomes (n, c kernel, places of the window).")
      .input("data", "The images, (batch, channels, ...) with 1, 2 or 3 spatial axes.")
      .params<PatchParam>()
      .infer_shape([](const InferShape& s) {
        const Window w = s.as<PatchParam>().window(s.op);
        const Shape& data = s.in[0];
        if (!data.rank_known()) return;
        w.check_rank(s.op, data);
        const int64_t rows = data[1] < 0 ? -1 : data[1] * kernel_size(w);
        s.set_output(0, Shape{data[0], rows, product(places(s.op, w, data.slice(2)))});
      })
      .portable_forward(gather)
      .gradient([](GradientContext& g) { g.set(0, g.call_same("_backward_im2col", {g.head(), g.input(0)}).at(0)); });
}

MX_OPERATOR(_backward_im2col) {
  op.describe("The gradient of im2col.")
      .input("head", "The gradient of the result.")
      .input("data", "Only its shape matters.")
      .params<PatchParam>()
      .reads([](const void*, size_t input) { return input == 0; })
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .portable_forward(scatter)
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call_same("im2col", {g.head()}).at(0));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

MX_OPERATOR(col2im) {
  op.describe("The sum of patches back to images: (n, c kernel, places of the window) becomes (n, c, ...).")
      .input("data", "The patches, as im2col gives them.")
      .params<ImageParam>()
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<ImageParam>();
        const Window w = p.window(s.op);
        MX_CHECK(p.output_size.ndim == w.rank, kValue, "[col2im] output_size ", p.output_size,
                 " must have as many values as kernel ", p.kernel);
        const Shape& data = s.in[0];
        if (!data.rank_known()) return;
        const int64_t kernel = kernel_size(w), columns = product(places(s.op, w, p.output_size));
        MX_CHECK(data.ndim == 3 && (data[1] < 0 || data[1] % kernel == 0) && (data[2] < 0 || data[2] == columns),
                 kValue, "[col2im] data has shape ", data, ", but must be (batch, channels times ", kernel, ", ",
                 columns, ") for kernel ", p.kernel, " and output_size ", p.output_size);
        Shape out{data[0], data[1] < 0 ? -1 : data[1] / kernel};
        for (int64_t size : p.output_size) out.push_back(size);
        s.set_output(0, out);
      })
      .portable_forward(scatter)
      .gradient([](GradientContext& g) {
        g.set(0, g.call("im2col", {g.head()}, static_cast<const PatchParam&>(g.as<ImageParam>())));
      });
}

}  // namespace mx
#endif
