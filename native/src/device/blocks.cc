#include "device/blocks.h"

#include <cstring>

#include "device/memory.h"
#include "device/plugin.h"
#include "engine/wait.h"

namespace mx::device {
namespace {

constexpr int kMaxSide = 8;  // inputs, and outputs, of a block
constexpr int kMaxOperands = 2 * kMaxSide;

// The operands of a block and the axes that they are walked along.
class Launch {
 public:
  Launch(const char* kernel, DType lane, int kind)
      : scope_(*current()), kernel_(kernel), lane_(lane), fn_(find_block(kernel, lane, kind)) {
    MX_CHECK(fn_, kUnsupported, "[", scope_.op(), "] has no CUDA kernel yet: ", kernel, " is missing for ", lane,
             "; copy the inputs to the CPU with as_in_context(mx.cpu())");
    block_.struct_size = sizeof block_, block_.device = scope_.device(), block_.stream = scope_.stream().handle;
    block_.in = operands_, block_.out = operands_ + kMaxSide;
    block_.dims = dims_, block_.workspace = workspace_of, block_.context = &scope_;
  }

  void input(const void* data, DType dtype, bool single) { add(operands_[block_.num_in++], data, dtype, single); }
  void output(void* data, DType dtype) { add(operands_[kMaxSide + block_.num_out++], data, dtype, false); }

  // One more axis, inside of those before: the strides of the inputs, then of the outputs, in elements. Merges with
  // the axis before where every operand advances alike; `reduced` ones stay apart from kept ones.
  void axis(int64_t dim, const int64_t* strides, bool reduced = false) {
    if (dim == 1) return;
    const int n = count();
    const int last = block_.ndim - 1;
    bool merges = block_.ndim > first_reduced(reduced);
    for (int k = 0; k < n && merges; ++k) merges = stride(k)[last] == strides[k] * dim;
    const int at = merges ? last : block_.ndim;
    dims_[at] = merges ? dims_[last] * dim : dim;
    for (int k = 0; k < n; ++k) stride(k)[at] = strides[k];
    if (merges) return;
    ++block_.ndim;
    block_.reduced += reduced;
  }

  void run(const void* params = nullptr, int mode = 0, const int64_t* extra = nullptr) {
    block_.params = params, block_.mode = mode, block_.extra = extra;
    check(fn_(&block_), scope_.op(), scope_.device());
  }

 private:
  int count() const { return block_.num_in + block_.num_out; }
  int64_t* stride(int k) { return strides_[k < block_.num_in ? k : kMaxSide + k - block_.num_in]; }
  int first_reduced(bool reduced) const { return reduced ? block_.ndim - block_.reduced : 0; }

  void add(MXOperand& operand, const void* data, DType dtype, bool single) {
    MX_CHECK(block_.num_in <= kMaxSide && block_.num_out <= kMaxSide, kInternal, "[", kernel_,
             "] has too many arguments");
    operand.dtype = static_cast<int32_t>(dtype), operand.strides = strides_[&operand - operands_];
    operand.data = const_cast<void*>(data);
    if (owns(data) || !data) return;  // null: an array without elements
    MX_CHECK(single, kInternal, "[", scope_.op(), "] a kernel on gpu(", scope_.device(), ") was given host memory");
    operand.data = nullptr, operand.dtype = static_cast<int32_t>(lane_);
    void* value = &operand.value;
    conversion(dtype, lane_)(&value, &data, 1, LoopArgs{});
  }

  Scope& scope_;
  const char* const kernel_;
  DType lane_;
  MXBlockFn fn_;
  MXBlock block_{};
  MXOperand operands_[kMaxOperands]{};
  int64_t strides_[kMaxOperands][kMaxNdim]{}, dims_[kMaxNdim];
};

// The dtype whose words are copied where only the size of an element counts.
DType word(size_t element) {
  return element == 1 ? DType::kUint8 : element == 2 ? DType::kFloat16 : element == 4 ? DType::kInt32 : DType::kInt64;
}

}  // namespace

void run_elementwise(const Kernel& kernel, std::span<const Tensor> in, std::span<const Tensor> out,
                     const void* params) {
  Launch launch(kernel.name(), kernel.lane(out[0].dtype), MX_BLOCK_ELEMENTWISE);
  for (const Tensor& t : in) launch.input(t.data, t.dtype, t.size() == 1);
  for (const Tensor& t : out) launch.output(t.data, t.dtype);
  const Shape& shape = out[0].shape;
  int64_t step[kMaxOperands], strides[kMaxNdim][kMaxOperands];
  for (size_t k = 0; k < in.size() + out.size(); ++k) step[k] = 1;
  for (int back = 1; back <= shape.ndim; ++back) {
    const int64_t dim = shape[shape.ndim - back];
    for (size_t k = 0; k < in.size() + out.size(); ++k) {
      const Shape& s = k < in.size() ? in[k].shape : shape;
      const bool repeats = back > s.ndim || (s[s.ndim - back] == 1 && dim != 1);
      strides[shape.ndim - back][k] = repeats ? 0 : step[k];
      if (!repeats) step[k] *= dim;
    }
  }
  for (int i = 0; i < shape.ndim; ++i) launch.axis(shape[i], strides[i]);
  launch.run(params);
}

void run_reduce(const Kernel& kernel, DType lane, const Tensor& in, const Tensor& out, unsigned axes,
                const void* params) {
  Launch launch(kernel.name(), lane, MX_BLOCK_REDUCE);
  launch.input(in.data, in.dtype, false);
  launch.output(out.data, out.dtype);
  Shape steps = strides_of(in.shape);
  int64_t to[kMaxNdim], step = 1;
  for (int i = in.shape.ndim - 1; i >= 0; --i) {
    to[i] = axes >> i & 1 ? 0 : step;
    if (!(axes >> i & 1)) step *= in.shape[i];
  }
  for (int pass = 0; pass < 2; ++pass)
    for (int i = 0; i < in.shape.ndim; ++i) {
      const bool reduced = axes >> i & 1;
      const int64_t strides[] = {steps[i], to[i]};
      if (reduced == (pass == 1)) launch.axis(in.shape[i], strides, reduced);
    }
  launch.run(params);
}

void run_copy(const StridedCopy& copy, const void* from, void* to, size_t element) {
  const DType dtype = word(element);
  int64_t n = 1;
  for (int i = 0; i < copy.ndim; ++i) n *= copy.dims[i];
  if (n == 0) return;
  Launch launch("copy", dtype, MX_BLOCK_ELEMENTWISE);
  bool single = true;
  for (int i = 0; i < copy.ndim; ++i) single = single && (copy.in[i] == 0 || copy.dims[i] == 1);
  launch.input(from, dtype, single);
  launch.output(to, dtype);
  for (int i = 0; i < copy.ndim; ++i) {
    const int64_t strides[] = {copy.in[i], copy.out[i]};
    launch.axis(copy.dims[i], strides);
  }
  launch.run();
}

void run_convert(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t n) {
  if (n == 0) return;
  if (!owns(to)) {
    MX_CHECK(!owns(from), kInternal, "[", current()->op(), "] conversion from a device into host memory");
    return conversion(from_dtype, to_dtype)(&to, &from, n, LoopArgs{});
  }
  const Tensor in{const_cast<void*>(from), Shape{n}, from_dtype}, out{to, Shape{n}, to_dtype};
  device::run_elementwise(get_kernel("copy"), {&in, 1}, {&out, 1}, nullptr);
}

void fill_zeros(const Tensor& out) {
  const Scope& scope = *current();
  if (out.bytes())
    check(plugin().fill(scope.device(), out.data, 0, out.bytes(), scope.stream().handle), scope.op(), scope.device());
}

void run_random(const Kernel& kernel, DType lane, std::span<const Tensor> in, const Tensor& out, int mode,
                const void* params, const int64_t* extra) {
  Launch launch(kernel.name(), lane, MX_BLOCK_RANDOM);
  for (const Tensor& t : in) launch.input(t.data, t.dtype, t.size() == 1);
  launch.output(out.data, out.dtype);
  int64_t strides[kMaxOperands] = {};
  strides[in.size()] = 1;
  launch.axis(out.size(), strides);
  launch.run(params, mode, extra);
}

void run_index(const Kernel& kernel, DType lane, const Tensor& out, const void* params) {
  if (out.size() == 0) return;
  Launch launch(kernel.name(), lane, MX_BLOCK_INDEX);
  launch.output(out.data, out.dtype);
  const int64_t one = 1;
  launch.axis(out.size(), &one);
  launch.run(params);
}

void run_rows(const char* kernel, DType lane, const RowView& view, std::initializer_list<RowOperand> in,
              std::initializer_list<RowOperand> out, const void* params) {
  if (view.outer * view.size * view.inner == 0) return;
  Launch launch(kernel, lane, MX_BLOCK_ROWS);
  int64_t strides[3][kMaxOperands];
  int count = 0;
  const auto add = [&](const RowOperand& x) {
    for (int i = 0; i < 3; ++i) strides[i][count] = x.strides[i];
    ++count;
  };
  for (const RowOperand& x : in) launch.input(x.tensor.data, x.tensor.dtype, x.tensor.size() == 1), add(x);
  for (const RowOperand& x : out) launch.output(x.tensor.data, x.tensor.dtype), add(x);
  launch.axis(view.outer, strides[0]);
  launch.axis(view.inner, strides[1]);
  launch.axis(view.size, strides[2], true);
  launch.run(params);
}

void run_gather(const StridedCopy& copy, const int64_t* index_strides, const Tensor& from, const int64_t* index,
                const Tensor& to, int64_t step, int64_t limit, bool back) {
  const DType dtype = word(size_of(to.dtype));
  Launch launch("gather", dtype, MX_BLOCK_GATHER);
  alignas(8) char value[8];
  const bool single = from.size() == 1 && !owns(from.data);
  if (single) std::memcpy(value, from.data, size_of(from.dtype));
  launch.input(single ? value : from.data, dtype, single);
  launch.input(index, DType::kInt64, false);
  launch.output(to.data, dtype);
  for (int i = 0; i < copy.ndim; ++i) {
    if (copy.dims[i] == 0) return;
    const int64_t strides[] = {copy.in[i], index_strides[i], copy.out[i]};
    launch.axis(copy.dims[i], strides);
  }
  const int64_t extra[] = {step, limit};
  launch.run(nullptr, back, extra);
}

Order sort_keys(const OpContext& ctx, const int64_t* keys, int64_t n, int64_t limit) {
  const auto room = [&] { return Tensor{ctx.workspace(static_cast<size_t>(n) * 4), {n}, DType::kInt32}; };
  MX_CHECK(n < int64_t{1} << 31 && limit < int64_t{1} << 31, kUnsupported, "[", ctx.op.name, "] ", n,
           " indices of an axis of size ", limit,
           " are too many for a GPU; their number and the size must be below 2^31");
  const Tensor narrow = room(), sorted = room(), from = room();
  run_convert(keys, DType::kInt64, narrow.data, DType::kInt32, n);
  Launch launch("sort_keys", DType::kInt32, MX_BLOCK_SORT);
  launch.input(narrow.data, DType::kInt32, false);
  launch.output(sorted.data, DType::kInt32);
  launch.output(from.data, DType::kInt32);
  const int64_t strides[] = {1, 1, 1};
  launch.axis(n, strides);
  launch.run(nullptr, 0, &limit);
  return {sorted, from};
}

void run_scatter(const Order& order, const Tensor& rows, const Tensor& out, int64_t outer, int64_t size, int64_t inner,
                 bool last) {
  const int64_t n = order.keys.size();
  if (outer * n * inner == 0) return;
  const DType same = word(size_of(out.dtype)), lane = last ? same : get_kernel("add").lane(out.dtype);
  Launch launch(last ? "scatter_last" : "scatter_sum", lane, MX_BLOCK_SCATTER);
  launch.input(rows.data, last ? same : rows.dtype, false);
  launch.input(order.keys.data, DType::kInt32, false);
  launch.input(order.from.data, DType::kInt32, false);
  launch.output(out.data, last ? same : out.dtype);
  const int64_t extra[] = {outer, n, size, inner};
  launch.run(nullptr, 0, extra);
}

void run_many(const Kernel& kernel, std::span<const ElementwiseCall> calls) {
  const MXBlockFn fn = find_block(kernel.name(), kernel.lane(calls[0].out[0].dtype), MX_BLOCK_MANY);
  std::vector<MXOperand> in, out;
  std::vector<int64_t> dims, params;
  bool alike = fn && calls.size() > 1;
  for (const ElementwiseCall& call : calls) {
    if (call.out[0].size() == 0) continue;
    const auto add = [&](const Tensor& t, const Tensor& first, std::vector<MXOperand>& to) {
      alike = alike && t.dtype == first.dtype && t.size() == call.out[0].size() && owns(t.data);
      to.push_back({t.data, static_cast<int32_t>(t.dtype), 0, 0, nullptr});
    };
    for (size_t k = 0; k < call.in.size(); ++k) add(call.in[k], calls[0].in[k], in);
    for (size_t k = 0; k < call.out.size(); ++k) add(call.out[k], calls[0].out[k], out);
    dims.push_back(call.out[0].size());
    params.push_back(static_cast<int64_t>(reinterpret_cast<uintptr_t>(call.params)));
  }
  if (dims.empty()) return;
  Scope& scope = *current();
  if (!alike) {
    for (const ElementwiseCall& call : calls)
      if (call.out[0].size()) device::run_elementwise(kernel, call.in, call.out, call.params);
    return;
  }
  MXBlock block{};
  block.struct_size = sizeof block, block.device = scope.device(), block.stream = scope.stream().handle;
  block.num_in = static_cast<int32_t>(in.size()), block.num_out = static_cast<int32_t>(out.size());
  block.in = in.data(), block.out = out.data(), block.dims = dims.data(), block.extra = params.data();
  check(fn(&block), scope.op(), scope.device());
}

void read(const void* from, void* to, size_t bytes) {
  const Scope& scope = *current();
  Pinned piece(scope.device());
  MX_CHECK(bytes <= Pinned::kBytes, kInternal, "[", scope.op(), "] ", bytes, " bytes are too many to read at once");
  check(plugin().copy(scope.device(), piece.data(), from, bytes, MX_COPY_TO_HOST, scope.stream().handle), scope.op(),
        scope.device());
  int status = 0;
  engine::while_waiting([&] { status = plugin().stream_synchronize(scope.device(), scope.stream().handle); });
  check(status, scope.op(), scope.device());
  std::memcpy(to, piece.data(), bytes);
}

}  // namespace mx::device
