#include "mx/op/reduce.h"
#include "mx/op/rows.h"
#include "op/nn/lane_sum.h"

namespace mx {

struct LayerNormParam {
  int32_t axis = -1;
  float eps = 1e-5f;
  bool output_mean_var = false;
  static void fields(auto& f) {
    using P = LayerNormParam;
    f.add("axis", &P::axis, "The axis to normalize; negative ones count from the end.");
    f.add("eps", &P::eps, "Added to the variance.");
    f.add("output_mean_var", &P::output_mean_var, "Whether the mean and the deviation are outputs too.");
  }
};

}  // namespace mx

#if defined(MX_ISA)
namespace mx::MX_ISA {

template <class T>
struct RowMoments {
  T mean, deviation;
  MX_INLINE RowMoments(const T* x, int64_t size, double eps) {
    const T middle = T(lane_sum<T>(size, [&](int64_t i) { return x[i]; }) / double(size));
    const double squares = lane_sum<T>(size, [&](int64_t i) { return (x[i] - middle) * (x[i] - middle); });
    mean = middle, deviation = T(__builtin_sqrt(squares / double(size) + eps));
  }
};

// n rows; extra: their size. params: eps, a double. in: data, gamma, beta. out: output, mean, deviation.
struct LayerNorm {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t size = args.extra[0];
    const double eps = *static_cast<const double*>(args.params);
    const T *x = static_cast<const T*>(in[0]), *gamma = static_cast<const T*>(in[1]),
            *beta = static_cast<const T*>(in[2]);
    T *y = static_cast<T*>(out[0]), *means = static_cast<T*>(out[1]), *deviations = static_cast<T*>(out[2]);
    for (int64_t r = 0; r < n; ++r, x += size, y += size) {
      const RowMoments<T> moments(x, size, eps);
      const T mean = moments.mean, inverse = T(1) / moments.deviation;
      if (means) means[r] = mean;
      if (deviations) deviations[r] = moments.deviation;
#pragma GCC ivdep
      for (int64_t i = 0; i < size; ++i) y[i] = (x[i] - mean) * inverse * gamma[i] + beta[i];
    }
  }
};

// n rows. in: head, data, gamma. out: gradient of data, and the sums over these rows of those of gamma and beta; null
// ones are not wanted. The moments are computed again, which costs less than to keep them in half precision.
struct LayerNormBackward {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const int64_t size = args.extra[0];
    const double eps = *static_cast<const double*>(args.params);
    const T *dy = static_cast<const T*>(in[0]), *x = static_cast<const T*>(in[1]),
            *gamma = static_cast<const T*>(in[2]);
    T *dx = static_cast<T*>(out[0]), *dgamma = static_cast<T*>(out[1]), *dbeta = static_cast<T*>(out[2]);
    for (int64_t i = 0; dgamma && i < size; ++i) dgamma[i] = 0;
    for (int64_t i = 0; dbeta && i < size; ++i) dbeta[i] = 0;
    for (int64_t r = 0; r < n; ++r, x += size, dy += size) {
      if (dbeta)
        for (int64_t i = 0; i < size; ++i) dbeta[i] += dy[i];
      if (!dx && !dgamma) continue;
      const RowMoments<T> moments(x, size, eps);
      const T mean = moments.mean, inverse = T(1) / moments.deviation;
      if (dgamma)
        for (int64_t i = 0; i < size; ++i) dgamma[i] += dy[i] * ((x[i] - mean) * inverse);
      if (!dx) continue;
      const double count = double(size);
      const T heads = T(lane_sum<T>(size, [&](int64_t i) { return dy[i] * gamma[i]; }) / count);
      const T products =
          T(lane_sum<T>(size, [&](int64_t i) { return dy[i] * gamma[i] * ((x[i] - mean) * inverse); }) / count);
#pragma GCC ivdep
      for (int64_t i = 0; i < size; ++i)
        dx[i] = (dy[i] * gamma[i] - heads - (x[i] - mean) * inverse * products) * inverse;
      dx += size;
    }
  }
};

// On devices. params: eps, a double.
struct LayerNormEps {
  double eps;
  explicit MX_XPU LayerNormEps(const LoopArgs& args) : eps(*static_cast<const double*>(args.params)) {}

  template <class T, class Row>
  MX_XPU void moments(const Row& row, int input, T& mean, T& deviation) const {
    const T size = T(row.size());
    const T middle = row.sum([&](int64_t i) { return row.in(input, i); }) / size;
    const T squares = row.sum([&](int64_t i) {
      const T apart = row.in(input, i) - middle;
      return apart * apart;
    });
    mean = middle, deviation = sqrt(squares / size + T(eps));
  }
};
// in: data, gamma, beta. out: output, mean, deviation.
struct LayerNormRow : LayerNormEps {
  using LayerNormEps::LayerNormEps;
  static constexpr int kInputs = 3, kOutputs = 3;
  template <class T, class Row>
  MX_XPU void operator()(const Row& row) const {
    T mean, deviation;
    moments(row, 0, mean, deviation);
    const T inverse = T(1) / deviation;
    row.each([&](int64_t i) { row.out(0, i, (row.in(0, i) - mean) * inverse * row.in(1, i) + row.in(2, i)); });
    row.once([&] {
      if (row.wants(1)) row.out(1, 0, mean);
      if (row.wants(2)) row.out(2, 0, deviation);
    });
  }
};
// in: head, data, gamma. out: gradient of data, mean, one over the deviation.
struct LayerNormGradientRow : LayerNormEps {
  using LayerNormEps::LayerNormEps;
  static constexpr int kInputs = 3, kOutputs = 3;
  template <class T, class Row>
  MX_XPU void operator()(const Row& row) const {
    T mean, deviation;
    moments(row, 1, mean, deviation);
    const T inverse = T(1) / deviation, size = T(row.size());
    row.once([&] { row.out(1, 0, mean), row.out(2, 0, inverse); });
    if (!row.wants(0)) return;
    const auto scaled = [&](int64_t i) { return row.in(0, i) * row.in(2, i); };
    const auto normal = [&](int64_t i) { return (row.in(1, i) - mean) * inverse; };
    const T heads = row.sum(scaled) / size;
    const T products = row.sum([&](int64_t i) { return scaled(i) * normal(i); }) / size;
    row.each([&](int64_t i) { row.out(0, i, (scaled(i) - heads - normal(i) * products) * inverse); });
  }
};
// What is summed for the gradient of gamma.
struct LayerNormGammaPart {
  template <class T>
  MX_XPU T operator()(T head, T x, T mean, T inverse) const {
    return head * ((x - mean) * inverse);
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(LayerNorm, LayerNorm, float, double)
MX_KERNELS(_backward_LayerNorm, LayerNormBackward, float, double)
MX_KERNELS(layer_norm_gamma_part, Elementwise<LayerNormGammaPart>, float, double)
#if defined(MX_PASS_CUDA)
MX_DEVICE_KERNELS(layer_norm_rows, Rows<LayerNormRow>, float, double)
MX_DEVICE_KERNELS(layer_norm_gradient_rows, Rows<LayerNormGradientRow>, float, double)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>

#include "device/blocks.h"
#include "engine/threads.h"
#include "graph/second_gradient.h"
#include "op/nn/column_sum.h"
#include "op/nn/floats.h"

namespace mx {
namespace {

constexpr int64_t kRowGroup = 64;  // rows whose gradients of gamma and beta are summed together

struct Rows {
  int64_t outer, size, inner;
  Rows(const OpContext& context, const Shape& shape) {
    const int axis = normalize_axis(context.as<LayerNormParam>().axis, shape.ndim, "LayerNorm");
    outer = shape.size(0, axis), size = shape[axis], inner = shape.size(axis + 1, shape.ndim);
  }
  int64_t count() const { return outer * inner; }

  // Makes the axis the last one, or puts it back.
  void swap(const char* from, char* to, DType dtype, bool back) const {
    StridedCopy copy;
    copy.axis(outer, size * inner, size * inner);
    copy.axis(back ? size : inner, back ? 1 : 1, back ? inner : size);
    copy.axis(back ? inner : size, back ? size : inner, 1);
    copy.run(from, to, size_of(dtype));
  }
  // An input with the axis last, and room for an output.
  char* read(const OpContext& context, const Floats& data) const {
    if (inner == 1) return data.data;
    char* rows = room(context, data);
    swap(data.data, rows, data.dtype, false);
    return rows;
  }
  char* room(const OpContext& context, const Floats& data) const {
    if (inner == 1 || !data) return data.data;
    return static_cast<char*>(context.workspace(static_cast<size_t>(count() * size) * size_of(data.dtype)));
  }
  void write(const char* rows, const Floats& data) const {
    if (!data) return;
    if (rows != data.data) swap(rows, data.data, data.dtype, true);
    data.finish();
  }
};

void infer_shape(const InferShape& s) {
  s.same(0, 0);
  Shape size = {-1};
  const Shape& data = s.in[0];
  if (data.rank_known()) {
    const int axis = normalize_axis(s.as<LayerNormParam>().axis, data.ndim, "LayerNorm");
    size[0] = data[axis];
    Shape moments = data;
    moments[axis] = 1;
    s.set_output(1, moments);
    s.set_output(2, moments);
  }
  s.set_input(1, size);
  s.set_input(2, size);
}

char* at(char* data, int64_t offset, DType dtype) {
  return data ? data + offset * static_cast<int64_t>(size_of(dtype)) : nullptr;
}

RowView view_of(const OpContext& context, const Shape& shape) {
  const Rows rows(context, shape);
  return {rows.outer, rows.size, rows.inner};
}

void device_forward(const OpContext& context) {
  const auto &in = context.in, &out = context.out;
  const RowView v = view_of(context, in[0].shape);
  const double eps = context.as<LayerNormParam>().eps;
  device::run_rows("layer_norm_rows", compute_dtype(in[0].dtype), v,
                   {whole_rows(in[0], v), same_for_rows(in[1]), same_for_rows(in[2])},
                   {whole_rows(out[0], v), per_row(out[1], v), per_row(out[2], v)}, &eps);
}

void device_backward(const OpContext& context) {
  const Tensor &head = context.in[0], &data = context.in[1], &gamma = context.in[2];
  const DType lane = compute_dtype(data.dtype);
  const RowView v = view_of(context, data.shape);
  const int axis = normalize_axis(context.as<LayerNormParam>().axis, data.shape.ndim, "LayerNorm");
  Shape kept = data.shape;
  kept[axis] = 1;
  const auto room = [&](const Shape& shape) {
    return Tensor{context.workspace(static_cast<size_t>(shape.size()) * size_of(lane)), shape, lane};
  };
  const Tensor mean = room(kept), inverse = room(kept);
  const double eps = context.as<LayerNormParam>().eps;
  device::run_rows("layer_norm_gradient_rows", lane, v,
                   {whole_rows(head, v), whole_rows(data, v), same_for_rows(gamma)},
                   {whole_rows(context.out[0], v), per_row(mean, v), per_row(inverse, v)}, &eps);
  const unsigned others = ((1u << data.shape.ndim) - 1) & ~(1u << axis);
  if (context.wants(1)) {
    const Tensor parts = room(data.shape), in[] = {head, data, mean, inverse};
    run_elementwise(get_kernel("layer_norm_gamma_part"), in, {&parts, 1});
    run_reduce(context, get_kernel("sum"), parts, context.out[1], others);
  }
  if (context.wants(2)) run_reduce(context, get_kernel("sum"), head, context.out[2], others);
}

void forward(const OpContext& context) {
  const Tensor& data = context.in[0];
  if (data.size() == 0) return;
  if (device::current()) return device_forward(context);
  const Rows rows(context, data.shape);
  const Floats x = read_floats(context, data), gamma = read_floats(context, context.in[1]),
               beta = read_floats(context, context.in[2]), y = write_floats(context, context.out[0]),
               mean = write_floats(context, context.out[1]), deviation = write_floats(context, context.out[2]);
  char *const from = rows.read(context, x), *const to = rows.room(context, y);
  const double eps = context.as<LayerNormParam>().eps;
  const Loop loop = find_loop("LayerNorm", x.dtype);
  engine::parallel_for(rows.count(), std::max<int64_t>(1, (1 << 13) / rows.size), [&](int64_t begin, int64_t end) {
    const int64_t offset = begin * rows.size;
    void* out[] = {at(to, offset, y.dtype), at(mean.data, begin, y.dtype), at(deviation.data, begin, y.dtype)};
    const void* in[] = {at(from, offset, x.dtype), gamma.data, beta.data};
    loop(out, in, end - begin, {.params = &eps, .extra = &rows.size});
  });
  rows.write(to, y);
  mean.finish();
  deviation.finish();
}

// (head, data, gamma) -> gradients of data, gamma, beta
void backward(const OpContext& context) {
  const Tensor& data = context.in[1];
  const auto& outputs = context.out;
  if (data.size() == 0) {
    for (size_t i : {1, 2})
      if (context.wants(i)) fill_zeros(outputs[i]);
    return;
  }
  if (device::current()) return device_backward(context);
  const Rows rows(context, data.shape);
  const Floats head = read_floats(context, context.in[0]), x = read_floats(context, data),
               gamma = read_floats(context, context.in[2]), dx = write_floats(context, outputs[0]);
  char *const dy = rows.read(context, head), *const from = rows.read(context, x), *const to = rows.room(context, dx);
  const int64_t groups = (rows.count() + kRowGroup - 1) / kRowGroup;
  char* sums[2] = {};
  for (size_t i : {0, 1})
    if (context.wants(i + 1))
      sums[i] = static_cast<char*>(context.workspace(static_cast<size_t>(groups * rows.size) * size_of(x.dtype)));
  const double eps = context.as<LayerNormParam>().eps;
  const Loop loop = find_loop("_backward_LayerNorm", x.dtype);
  engine::parallel_for(groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; ++g) {
      const int64_t first = g * kRowGroup, offset = first * rows.size, sum = g * rows.size;
      void* out[] = {at(to, offset, x.dtype), at(sums[0], sum, x.dtype), at(sums[1], sum, x.dtype)};
      const void* in[] = {at(dy, offset, x.dtype), at(from, offset, x.dtype), gamma.data};
      loop(out, in, std::min(kRowGroup, rows.count() - first), {.params = &eps, .extra = &rows.size});
    }
  });
  for (size_t i : {0, 1}) {
    if (!sums[i]) continue;
    const Floats total = write_floats(context, outputs[i + 1]);
    column_sum(context, sums[i], groups, rows.size, x.dtype, total.data);
    total.finish();
  }
  rows.write(to, dx);
}

// data, gamma, beta
void expression(ComposeContext& c) {
  const auto& p = c.as<LayerNormParam>();
  const Value y = normalized(c, c.in[0], {{"axis", std::to_string(p.axis)}}, p.eps);
  c.out = {along_axis(c, "broadcast_add", along_axis(c, "broadcast_mul", y, c.in[1], p.axis), c.in[2], p.axis)};
}

}  // namespace

MX_OPERATOR(LayerNorm) {
  op.describe("Normalizes along an axis to mean 0 and variance 1, then scales by gamma and adds beta.")
      .input("data", "Any shape with the axis.")
      .input("gamma", "The scale, as long as the axis.")
      .input("beta", "The shift, as long as the axis.")
      .output("output", "The shape of data.")
      .output("mean", "The mean, with the axis kept as 1.")
      .output("std", "The square root of the (biased) variance plus eps.")
      .visible_outputs([](const void* p) { return static_cast<const LayerNormParam*>(p)->output_mean_var ? 3 : 1; })
      .params<LayerNormParam>()
      .alias("_npx_layer_norm")
      .infer_shape(infer_shape)
      .portable_forward(forward)
      .gradient([](GradientContext& g) {
        const auto gradients = g.call_same("_backward_LayerNorm", {g.head(), g.input(0), g.input(1)});
        for (size_t i = 0; i < gradients.size(); ++i)
          if (g.wants(i)) g.set(i, gradients[i]);
      })
      .amp(Amp::kFloat32);
}

MX_OPERATOR(_backward_LayerNorm) {
  op.describe("Gradients of LayerNorm.")
      .input("head", "Gradient of the output.")
      .input("data", "The input of LayerNorm.")
      .input("gamma", "Its scale.")
      .output("data")
      .output("gamma")
      .output("beta")
      .params<LayerNormParam>()
      .infer_shape([](const InferShape& s) { s.same(1, 0), s.same(2, 1), s.same(2, 2); })
      .portable_forward(backward)
      .gradient([](GradientContext& g) { second_gradient(g, 3, expression); });
}

}  // namespace mx
#endif
