#include "op/nn/softmax_rows.h"

#if defined(MX_PASS_CUDA)
namespace mx::MX_ISA {

struct SoftmaxScale {
  double scale;  // of the input
  explicit MX_XPU SoftmaxScale(const LoopArgs& args) : scale(*static_cast<const double*>(args.params)) {}
};

// in: data [, elements that count]
template <bool kLog, bool kLengths = false>
struct SoftmaxRow : SoftmaxScale {
  using SoftmaxScale::SoftmaxScale;
  static constexpr int kInputs = 1 + kLengths, kOutputs = 1;
  template <class T, class Row>
  MX_XPU void operator()(const Row& row) const {
    const T factor = T(scale);
    int64_t n = row.size();
    if constexpr (kLengths) n = row.integer(1, 0);
    const auto x = [&](int64_t i) { return factor * row.in(0, i); };
    const T most = row.largest([&](int64_t i) { return i < n ? x(i) : lowest<T>(); });
    const T sum = row.sum([&](int64_t i) { return i < n ? exp(x(i) - most) : T(0); });
    const T last = kLog ? log(sum) : T(1) / sum;
    row.each([&](int64_t i) {
      const T shifted = x(i) - most;
      row.out(0, i, i >= n ? T(0) : kLog ? shifted - last : exp(shifted) * last);
    });
  }
};
template <bool kLog>
struct SoftmaxPartRow : SoftmaxRow<kLog, true> {
  using SoftmaxRow<kLog, true>::SoftmaxRow;
};

// in: head, output
template <bool kLog>
struct SoftmaxGradientRow : SoftmaxScale {
  using SoftmaxScale::SoftmaxScale;
  static constexpr int kInputs = 2, kOutputs = 1;
  template <class T, class Row>
  MX_XPU void operator()(const Row& row) const {
    const T sum = row.sum([&](int64_t i) { return kLog ? row.in(0, i) : row.in(0, i) * row.in(1, i); });
    row.each([&](int64_t i) {
      const T head = row.in(0, i), y = row.in(1, i);
      row.out(0, i, (kLog ? head - exp(y) * sum : (head - sum) * y) * T(scale));
    });
  }
};

}  // namespace mx::MX_ISA

MX_DEVICE_KERNELS(softmax, Rows<SoftmaxRow<false>>, float, double)
MX_DEVICE_KERNELS(log_softmax, Rows<SoftmaxRow<true>>, float, double)
MX_DEVICE_KERNELS(softmax_lengths, Rows<SoftmaxPartRow<false>>, float, double)
MX_DEVICE_KERNELS(log_softmax_lengths, Rows<SoftmaxPartRow<true>>, float, double)
MX_DEVICE_KERNELS(_backward_softmax, Rows<SoftmaxGradientRow<false>>, float, double)
MX_DEVICE_KERNELS(_backward_log_softmax, Rows<SoftmaxGradientRow<true>>, float, double)
#endif

#if defined(MX_PASS_HOST)
#include "device/blocks.h"

namespace mx {
namespace {
DType lane_of(const Tensor& in, const Tensor& out) {
  return in.dtype == DType::kFloat64 || out.dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
}
}  // namespace

void softmax_rows(const char* kernel, const RowView& rows, double scale, const Tensor& in, const Tensor& lengths,
                  const Tensor& out) {
  const RowOperand x = whole_rows(in, rows), y = whole_rows(out, rows);
  if (lengths.data)
    device::run_rows(str(kernel, "_lengths").c_str(), lane_of(in, out), rows, {x, per_row(lengths, rows)}, {y}, &scale);
  else
    device::run_rows(kernel, lane_of(in, out), rows, {x}, {y}, &scale);
}

void softmax_gradient_rows(const char* kernel, const RowView& rows, double scale, const Tensor& head,
                           const Tensor& output, const Tensor& out) {
  device::run_rows(kernel, lane_of(head, out), rows, {whole_rows(head, rows), whole_rows(output, rows)},
                   {whole_rows(out, rows)}, &scale);
}

}  // namespace mx
#endif
