// Densities of distributions at given points. An operator file supplies a functor of the point and one or two
// parameters
//   T log(T x, T a [, T b])                  the logarithm of the density
//   T slope<k>(T x, T a [, T b])             its derivative by argument k; 0 is the point
// and, for pdf(): MX_KERNELS(_random_pdf_name, Elementwise<Pdf<D>>, ...) and, for every argument k that has a gradient,
// MX_KERNELS(_random_pdf_name_k, Elementwise<PdfSlopek<D>>, ...).
#pragma once
#include "mx/op/reduce.h"
#include "mx/op/special.h"

namespace mx {
struct PdfParam {
  bool is_log = false;
  static void fields(auto& f) { f.add("is_log", &PdfParam::is_log, "Return the logarithm of the density."); }
};
}  // namespace mx

namespace mx::MX_ISA {

template <class D>
struct Pdf {
  bool is_log;
  MX_INLINE explicit Pdf(const LoopArgs& args) : is_log(static_cast<const PdfParam*>(args.params)->is_log) {}
  template <class T, class... P>
  MX_XPU auto operator()(T x, P... p) const -> decltype(D().log(x, p...)) {
    const T value = D().log(x, p...);
    const T density = exp(value);  // always: a branch would keep the loop from vectorizing
    return is_log ? value : density;
  }
};

template <class D, int kArgument>
struct PdfSlope {
  bool is_log;
  MX_INLINE explicit PdfSlope(const LoopArgs& args) : is_log(static_cast<const PdfParam*>(args.params)->is_log) {}
  template <class T, class... P>
  MX_XPU auto operator()(T head, T x, P... p) const -> decltype(D().log(x, p...)) {
    const T value = head * D().template slope<kArgument>(x, p...);
    if (is_log) return value;
    const T density = exp(D().log(x, p...));
    return density == T(0) ? T(0) : value * density;  // also where the slope of the logarithm is infinite
  }
};

// Without commas, for MX_KERNELS.
template <class D>
using PdfSlope0 = PdfSlope<D, 0>;
template <class D>
using PdfSlope1 = PdfSlope<D, 1>;
template <class D>
using PdfSlope2 = PdfSlope<D, 2>;

}  // namespace mx::MX_ISA

#if defined(MX_PASS_HOST)
namespace mx {
// Registration of _random_pdf_name and of _backward_random_pdf_name. The parameters have the first axes of the points.
OpDef& pdf(OpDef& op, std::initializer_list<const char*> parameters);
OpDef& pdf_gradient(OpDef& op, std::initializer_list<const char*> parameters);

// A parameter (or what else has its shape) that broadcasts against the points.
Tensor along_points(const Tensor& parameter, const Shape& points);
// points.shape[:n], where the parameters have n axes.
void infer_pdf_parameters(const InferShape& s, size_t sample);
}  // namespace mx
#endif
