// The driver of elementwise operators: iteration, broadcasting, dtype lanes and threads around the loops of a kernel.
#include "mx/op/elementwise.h"

#include <cstring>

#include "engine/threads.h"

namespace mx {
namespace {

constexpr int kMaxInputs = 4, kMaxOutputs = 4;
constexpr int64_t kShortRow = 32;  // rows shorter than this are gathered into blocks

struct Operand {
  const char* data;
  DType dtype;
  int64_t size;               // of an element
  Loop convert = nullptr;     // to the lane
  bool flat = false;          // contiguous over the whole output
  bool single = false;        // one value for the whole output
  int64_t strides[kMaxNdim];  // in elements, per collapsed axis
};

class ElementwiseRun {
 public:
  ElementwiseRun(const Kernel& kernel, std::span<const Tensor> in, std::span<const Tensor> out, const void* params)
      : lane_(kernel.lane(out[0].dtype)), loop_(kernel.loop(lane_)), num_in_(in.size()), num_out_(out.size()) {
    MX_CHECK(num_in_ <= kMaxInputs && num_out_ <= kMaxOutputs, kInternal, "[", kernel.name(),
             "] has too many arguments");
    args_.params = params;
    lane_size_ = static_cast<int64_t>(size_of(lane_));
    for (size_t i = 0; i < num_out_; ++i) {
      Operand& y = out_[i];
      y.data = out[i].as<char>(), y.dtype = out[i].dtype, y.size = static_cast<int64_t>(size_of(y.dtype));
      if (y.dtype != lane_) y.convert = conversion(lane_, y.dtype), lanes_ = true;
    }
    for (size_t i = 0; i < num_in_; ++i) {
      Operand& x = in_[i];
      x.data = in[i].as<char>(), x.dtype = in[i].dtype, x.size = static_cast<int64_t>(size_of(x.dtype));
      if (x.dtype != lane_) x.convert = conversion(x.dtype, lane_), lanes_ = true;
    }
    collapse(in, out[0].shape);
    size_ = out[0].size();
  }

  void run() {
    if (size_ < 2 * kGrain) return range(0, size_);
    engine::parallel_for(size_, kGrain, [this](int64_t begin, int64_t end) { range(begin, end); });
  }

 private:
  // Merges neighbouring axes along which every input advances alike, and drops axes of size 1.
  void collapse(std::span<const Tensor> in, const Shape& shape) {
    int64_t step[kMaxInputs];
    for (size_t i = 0; i < num_in_; ++i) step[i] = 1;
    int64_t dims[kMaxNdim], strides[kMaxInputs][kMaxNdim];  // innermost first
    int n = 0;
    for (int back = 1; back <= shape.ndim; ++back) {
      const int64_t dim = shape[shape.ndim - back];
      if (dim == 1) continue;
      int64_t here[kMaxInputs];
      bool merges = n > 0;
      for (size_t i = 0; i < num_in_; ++i) {
        const Shape& s = in[i].shape;
        const bool repeats = back > s.ndim || s[s.ndim - back] == 1;
        here[i] = repeats ? 0 : step[i];
        if (!repeats) step[i] *= dim;
        merges = merges && here[i] == strides[i][n - 1] * dims[n - 1];
      }
      if (merges) {
        dims[n - 1] *= dim;
        continue;
      }
      dims[n] = dim;
      for (size_t i = 0; i < num_in_; ++i) strides[i][n] = here[i];
      ++n;
    }
    if (n == 0) {
      dims[n] = 1;
      for (size_t i = 0; i < num_in_; ++i) strides[i][n] = 0;
      ++n;
    }
    ndim_ = n;
    for (int axis = 0; axis < n; ++axis) {
      dims_[axis] = dims[n - 1 - axis];
      for (size_t i = 0; i < num_in_; ++i) in_[i].strides[axis] = strides[i][n - 1 - axis];
    }
    for (size_t i = 0; i < num_in_; ++i) {
      in_[i].single = true;
      for (int axis = 0; axis < n; ++axis) in_[i].single &= in_[i].strides[axis] == 0;
      in_[i].flat = !in_[i].single && in[i].size() == shape.size();
      if (n == 1) in_[i].flat = !in_[i].single;
    }
  }

  void range(int64_t begin, int64_t end) const {
    const bool nested = ndim_ > 1, gather = nested && dims_[ndim_ - 1] < kShortRow;
    const int64_t limit = lanes_ || gather ? kLaneBlock : end - begin;
    for (int64_t i = begin; i < end;) {
      int64_t n = end - i < limit ? end - i : limit;
      if (nested && !gather) {
        const int64_t row = dims_[ndim_ - 1], left = row - i % row;
        if (left < n) n = left;
      }
      block(i, n, gather);
      i += n;
    }
  }

  // Element `i` of the output within input x.
  int64_t offset(const Operand& x, int64_t i) const {
    int64_t at = 0;
    for (int axis = ndim_ - 1; axis >= 0; --axis) {
      at += i % dims_[axis] * x.strides[axis];
      i /= dims_[axis];
    }
    return at;
  }

  void block(int64_t begin, int64_t n, bool gather) const {
    alignas(64) char lanes[kMaxInputs + kMaxOutputs][kLaneBlock * 8];  // only touched where used
    alignas(64) char gathered[kLaneBlock * 8];
    const void* in[kMaxInputs];
    void* out[kMaxOutputs];
    LoopArgs args = args_;
    for (size_t k = 0; k < num_in_; ++k) {
      const Operand& x = in_[k];
      bool single = x.single;
      if (x.single) {
        in[k] = x.data;
      } else if (x.flat) {
        in[k] = x.data + begin * x.size;
      } else if (!gather) {
        in[k] = x.data + offset(x, begin) * x.size;
        single = x.strides[ndim_ - 1] == 0;
      } else {
        char* to = x.convert ? gathered : lanes[k];
        collect(x, begin, n, to);
        in[k] = to;
      }
      if (single) args.scalars |= 1u << k;
      if (x.convert) {
        void* to = lanes[k];
        x.convert(&to, &in[k], single ? 1 : n, args);
        in[k] = to;
      }
    }
    for (size_t k = 0; k < num_out_; ++k)
      out[k] = out_[k].convert ? lanes[num_in_ + k] : const_cast<char*>(out_[k].data) + begin * out_[k].size;
    loop_(out, in, n, args);
    for (size_t k = 0; k < num_out_; ++k) {
      const Operand& y = out_[k];
      if (!y.convert) continue;
      const void* from = out[k];
      void* to = const_cast<char*>(y.data) + begin * y.size;
      y.convert(&to, &from, n, args);
    }
  }

  void collect(const Operand& x, int64_t begin, int64_t n, char* to) const {
    switch (x.size) {
      case 1:
        return collect_as<uint8_t>(x, begin, n, to);
      case 2:
        return collect_as<uint16_t>(x, begin, n, to);
      case 4:
        return collect_as<uint32_t>(x, begin, n, to);
      default:
        return collect_as<uint64_t>(x, begin, n, to);
    }
  }
  template <class Word>
  void collect_as(const Operand& x, int64_t begin, int64_t n, char* bytes) const {
    const Word* const from = reinterpret_cast<const Word*>(x.data);
    Word* to = reinterpret_cast<Word*>(bytes);
    const int64_t row = dims_[ndim_ - 1], stride = x.strides[ndim_ - 1];
    for (int64_t i = begin; i < begin + n;) {
      const int64_t column = i % row, left = begin + n - i, count = row - column < left ? row - column : left;
      const Word* p = from + offset(x, i);
      for (int64_t j = 0; j < count; ++j) *to++ = p[j * stride];
      i += count;
    }
  }

  DType lane_;
  Loop loop_;
  size_t num_in_, num_out_;
  LoopArgs args_;
  bool lanes_ = false;  // some array needs conversion
  int64_t lane_size_, size_;
  int ndim_;
  int64_t dims_[kMaxNdim];
  Operand in_[kMaxInputs], out_[kMaxOutputs];
};

void forward_elementwise(const OpContext& ctx) {
  run_elementwise(*static_cast<const Kernel*>(ctx.op.block_data), ctx.in, ctx.out, ctx.params);
}

// The number takes place kPlace among the arguments of the kernel.
template <size_t kPlace>
void forward_scalar(const OpContext& ctx) {
  const double scalar = ctx.as<ScalarParam>().scalar;
  alignas(8) char value[8];
  const DType dtype = ctx.out[0].dtype;
  convert(&scalar, DType::kFloat64, value, dtype, 1);
  Tensor in[3];
  for (size_t i = 0; i < 2 && i < ctx.in.size(); ++i) in[i < kPlace ? i : i + 1] = ctx.in[i];
  in[kPlace] = {value, Shape{1}, dtype};
  run_elementwise(*static_cast<const Kernel*>(ctx.op.block_data), std::span(in, ctx.in.size() + 1), ctx.out,
                  ctx.params);
}

// bool with a number is computed as int64, or float64 where the number has a fraction; otherwise the array's dtype
// stays.
void scalar_dtype(const InferDType& t) {
  if (t.in[0] == DType::kBool) return t.set_output(0, t.as<ScalarParam>().is_int ? DType::kInt64 : DType::kFloat64);
  t.set_output(0, t.in[0]);
  if (t.in[0] == DType::kUnknown && t.out[0] != DType::kInt64 && t.out[0] != DType::kFloat64) t.set_input(0, t.out[0]);
}

constexpr const char* kPartOfGradient = "A part of the gradient of another operator.";

OpDef& with_kernel(OpDef& op, const char* kernel) {
  return op.data(&get_kernel(kernel ? kernel : op.name.c_str())).forward(forward_elementwise);
}

OpDef& scalar_operator(OpDef& op, const char* kernel, ForwardFn forward) {
  return with_kernel(op, kernel)
      .input("data", "The array.")
      .params<ScalarParam>()
      .infer_shape(same_shape)
      .infer_dtype(scalar_dtype)
      .forward(forward)
      .inplace(0, 0);
}

}  // namespace

void run_elementwise(const Kernel& kernel, std::span<const Tensor> in, std::span<const Tensor> out,
                     const void* params) {
  if (out[0].size() == 0) return;
  ElementwiseRun(kernel, in, out, params).run();
}

Shape broadcast_shapes(const Shape& a, const Shape& b, std::string_view op) {
  if (!a.rank_known() || !b.rank_known()) return {};
  Shape result = Shape::filled(a.ndim > b.ndim ? a.ndim : b.ndim, -1);
  for (int back = 1; back <= result.ndim; ++back) {
    const int64_t x = back > a.ndim ? 1 : a[a.ndim - back], y = back > b.ndim ? 1 : b[b.ndim - back];
    int64_t& dim = result[result.ndim - back];
    // An unknown dimension may turn out to be 1.
    if (x < 0 || y < 0) {
      dim = x > 1 ? x : y > 1 ? y : -1;
      continue;
    }
    MX_CHECK(x == y || x == 1 || y == 1, kValue, "[", op, "] shapes ", a, " and ", b,
             " don't broadcast: counted from the last, each pair of dimensions must be equal or one of them 1");
    dim = x == 1 ? y : x;
  }
  return result;
}

OpDef& unary(OpDef& op, const char* kernel) {
  return with_kernel(op, kernel).input("data", "The array.").infer_shape(same_shape).inplace(0, 0);
}

OpDef& elementwise(OpDef& op, std::initializer_list<const char*> inputs, const char* kernel) {
  for (const char* name : inputs) op.input(name, "An array.").inplace(static_cast<int>(op.inputs.size()) - 1, 0);
  return with_kernel(op, kernel).describe(kPartOfGradient).infer_shape(same_shape);
}

OpDef& broadcasting(OpDef& op, std::initializer_list<const char*> inputs, const char* kernel) {
  for (const char* name : inputs) op.input(name, "An array.").inplace(static_cast<int>(op.inputs.size()) - 1, 0);
  return with_kernel(op, kernel).describe(kPartOfGradient).infer_shape([](const InferShape& s) {
    Shape shape = s.in[0];
    for (const Shape& other : s.in.subspan(1)) shape = broadcast_shapes(shape, other, s.op.name);
    s.set_output(0, shape);
  });
}

OpDef& binary(OpDef& op, const char* kernel) {
  return with_kernel(op, kernel)
      .input("lhs", "The first array.")
      .input("rhs", "The second array, of the same shape and dtype.")
      .infer_shape(same_shape)
      .inplace(0, 0)
      .inplace(1, 0);
}

OpDef& broadcast_binary(OpDef& op, const char* kernel) {
  return with_kernel(op, kernel)
      .input("lhs", "The first array.")
      .input("rhs", "The second array, of a shape that broadcasts with the first's.")
      .inplace(0, 0)
      .inplace(1, 0)
      .infer_shape([](const InferShape& s) { s.set_output(0, broadcast_shapes(s.in[0], s.in[1], s.op.name)); });
}

OpDef& scalar_binary(OpDef& op, const char* kernel) { return scalar_operator(op, kernel, forward_scalar<1>); }
OpDef& reversed_scalar_binary(OpDef& op, const char* kernel) { return scalar_operator(op, kernel, forward_scalar<0>); }
OpDef& scalar_gradient(OpDef& op, const char* kernel) {
  return elementwise(op, {"head", "data"}, kernel).params<ScalarParam>().forward(forward_scalar<2>);
}
OpDef& reversed_scalar_gradient(OpDef& op, const char* kernel) {
  return elementwise(op, {"head", "data"}, kernel).params<ScalarParam>().forward(forward_scalar<1>);
}

Value unbroadcast(GradientContext& g, const Value& gradient, const Value& input) {
  return g.call("_backward_broadcast", {gradient, input});
}

}  // namespace mx
