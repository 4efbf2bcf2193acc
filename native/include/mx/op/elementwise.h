// Operators that work element by element, with broadcasting. An operator file supplies the maths as a functor on one to
// four values of one type, lists the dtypes to compile it for, and registers with unary(), binary(), ... below. Of the
// dtypes it does not compile, float16 and bfloat16 pass through float32, int8, uint8 and bool through int32, and
// integers through floating point where the maths has no integer version; results are converted back.
#pragma once
#include "mx/op.h"
#include "mx/op/math.h"

namespace mx {

struct ScalarParam {
  double scalar = 1;
  bool is_int = true;
  static void fields(auto& f) {
    f.add("scalar", &ScalarParam::scalar, "The number. It is converted to the dtype of the array first.");
    f.add("is_int", &ScalarParam::is_int,
          "Whether the number is an integer: decides the result's dtype for a bool array.");
  }
};

}  // namespace mx

namespace mx::MX_ISA {

// A functor that needs parameters has a constructor from LoopArgs.
template <class F>
MX_INLINE F make_functor(const LoopArgs& args) {
  if constexpr (requires { F(args); })
    return F(args);
  else
    return F{};
}

// out may be the same array as an input: element i depends on elements i alone. Hence `ivdep`.
template <class F>
struct Elementwise {
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    const F f = make_functor<F>(args);
    T* const y = static_cast<T*>(out[0]);
    const T* const a = static_cast<const T*>(in[0]);
    if constexpr (requires { f(*a); }) {
      if (args.scalars) {
        const T value = f(*a);
        for (int64_t i = 0; i < n; ++i) y[i] = value;
        return;
      }
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) y[i] = f(a[i]);
    } else if constexpr (requires { f(*a, *a); }) {
      const T* const b = static_cast<const T*>(in[1]);
      if (args.scalars == 0) {
#pragma GCC ivdep
        for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
      } else if (args.scalars == 1) {
        const T value = *a;
#pragma GCC ivdep
        for (int64_t i = 0; i < n; ++i) y[i] = f(value, b[i]);
      } else if (args.scalars == 2) {
        const T value = *b;
#pragma GCC ivdep
        for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], value);
      } else {
        const T value = f(*a, *b);
        for (int64_t i = 0; i < n; ++i) y[i] = value;
      }
    } else {
      many(f, y, in, n, args.scalars);
    }
  }

 private:
  // Three or four inputs: single values are spread over a small block, which keeps this to one loop.
  template <class T>
  MX_XPU static void many(const F& f, T* y, const void* const* in, int64_t n, unsigned scalars) {
    constexpr bool three = requires(T x) { f(x, x, x); };
    constexpr int count = three ? 3 : 4, block = 256;
    T spread[count][block];
    const T* from[count];
    for (int k = 0; k < count; ++k) {
      from[k] = static_cast<const T*>(in[k]);
      if (!(scalars >> k & 1)) continue;
      const T value = *from[k];
      for (int i = 0; i < block; ++i) spread[k][i] = value;
    }
    for (int64_t begin = 0; begin < n; begin += block) {
      const int64_t size = n - begin < block ? n - begin : block;
      const T* p[count];
      for (int k = 0; k < count; ++k) p[k] = scalars >> k & 1 ? spread[k] : from[k] + begin;
      T* const to = y + begin;
      if constexpr (three) {
#pragma GCC ivdep
        for (int64_t i = 0; i < size; ++i) to[i] = f(p[0][i], p[1][i], p[2][i]);
      } else {
#pragma GCC ivdep
        for (int64_t i = 0; i < size; ++i) to[i] = f(p[0][i], p[1][i], p[2][i], p[3][i]);
      }
    }
  }
};

}  // namespace mx::MX_ISA

#if defined(MX_PASS_HOST)
#include "mx/op/kernel.h"

namespace mx {

// The shape of a result of broadcasting; unknown where the inputs don't decide. Raises kValue with the operator's name.
Shape broadcast_shapes(const Shape& a, const Shape& b, std::string_view op);

// out = kernel(in...): inputs of any dtype and of any shape that broadcasts to that of the outputs.
void run_elementwise(const Kernel& kernel, std::span<const Tensor> in, std::span<const Tensor> out,
                     const void* params = nullptr);

// Several such runs of one kernel in one parallel region, each with parameters of its own. Results may not overlap.
struct ElementwiseCall {
  std::span<const Tensor> in, out;
  const void* params = nullptr;
};
void run_elementwise(const Kernel& kernel, std::span<const ElementwiseCall> calls);

// Registration. Each gives the operator its inputs, inference and forward function; `kernel` is the name in MX_KERNELS,
// by default the operator's own.
OpDef& unary(OpDef& op, const char* kernel = nullptr);         // data
OpDef& binary(OpDef& op, const char* kernel = nullptr);        // lhs, rhs of one shape
OpDef& broadcast_binary(OpDef& op, const char* kernel);        // lhs, rhs with broadcasting
OpDef& scalar_binary(OpDef& op, const char* kernel);           // data and a number
OpDef& reversed_scalar_binary(OpDef& op, const char* kernel);  // a number and data
// "_backward_..." operators of elementwise ones. Inputs of one shape; inputs that broadcast; two arrays (the head and
// the data) and the number, which stands last or, reversed, between them.
OpDef& elementwise(OpDef& op, std::initializer_list<const char*> inputs, const char* kernel = nullptr);
OpDef& broadcasting(OpDef& op, std::initializer_list<const char*> inputs, const char* kernel = nullptr);
OpDef& scalar_gradient(OpDef& op, const char* kernel);
OpDef& reversed_scalar_gradient(OpDef& op, const char* kernel);

// The gradient of a broadcast input: `gradient` summed over the axes along which `input` was repeated.
Value unbroadcast(GradientContext& g, const Value& gradient, const Value& input);

}  // namespace mx
#endif
#if defined(MX_PASS_CUDA)
#include "mx/cuda/elementwise.h"
#endif
