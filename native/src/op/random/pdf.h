// Densities of distributions at given points. An operator file supplies a functor of the point and one or two
// parameters
//   T log(T x, T a [, T b])                  the logarithm of the density
//   T slope<k>(T x, T a [, T b])             its derivative by argument k; 0 is the point
// and, for pdf(): MX_KERNELS(_random_pdf_name, Elementwise<Pdf<D>>, ...) and, for every argument k that has a gradient,
// MX_KERNELS(_random_pdf_name_k, Elementwise<PdfSlopek<D>>, ...).
#pragma once
#include "mx/op/reduce.h"
#include "mx/op/special.h"
#include "op/elementwise/spread.h"

namespace mx {
struct PdfParam {
  bool is_log = false;
  static void fields(auto& f) { f.add("is_log", &PdfParam::is_log, "Return the logarithm of the density."); }
};
}  // namespace mx

namespace mx::MX_ISA {

template <class D>
struct LogDensity {
  template <class T, class... P>
  MX_XPU auto operator()(T x, P... p) const -> decltype(D().log(x, p...)) {
    return D().log(x, p...);
  }
};
template <class D>
struct Density {
  template <class T, class... P>
  MX_XPU auto operator()(T x, P... p) const -> decltype(D().log(x, p...)) {
    return exp(D().log(x, p...));
  }
};
template <class D, int kArgument>
struct LogDensitySlope {
  template <class T, class... P>
  MX_XPU auto operator()(T head, T x, P... p) const -> decltype(D().log(x, p...)) {
    return head * D().template slope<kArgument>(x, p...);
  }
};
template <class D, int kArgument>
struct DensitySlope {
  template <class T, class... P>
  MX_XPU auto operator()(T head, T x, P... p) const -> decltype(D().log(x, p...)) {
    const T slope = head * D().template slope<kArgument>(x, p...);
    const T density = exp(D().log(x, p...));
    return density == T(0) ? T(0) : slope * density;  // also where the slope of the logarithm is infinite
  }
};

// One of the two, as the parameters say.
template <class IfLog, class Else>
struct Either {
  bool is_log;
  MX_INLINE explicit Either(const LoopArgs& args) : is_log(static_cast<const PdfParam*>(args.params)->is_log) {}
  template <class... T>
  MX_XPU auto operator()(T... x) const -> decltype(Else()(x...)) {
    return is_log ? IfLog()(x...) : Else()(x...);
  }
};
template <class D>
using Pdf = Either<LogDensity<D>, Density<D>>;
template <class D, int kArgument>
using PdfSlope = Either<LogDensitySlope<D, kArgument>, DensitySlope<D, kArgument>>;

#if defined(MX_PASS_CPU)
// With the choice in it, the loop would not vectorize.
template <class IfLog, class Else>
struct Elementwise<Either<IfLog, Else>> {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    if (static_cast<const PdfParam*>(args.params)->is_log)
      Spread<IfLog>::template loop<T>(out, in, n, args);
    else
      Spread<Else>::template loop<T>(out, in, n, args);
  }
};
#endif

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
