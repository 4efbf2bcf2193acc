// The building blocks on a device: what the drivers of elementwise.h, reduce.h, strided.h ... hand over to while an
// operator runs there. Pointers to host memory are possible for single values only (numbers among the parameters).
#pragma once
#include "device/scope.h"
#include "mx/op/kernel.h"
#include "mx/op/rows.h"
#include "mx/op/strided.h"

namespace mx::device {

void run_elementwise(const Kernel& kernel, std::span<const Tensor> in, std::span<const Tensor> out, const void* params);
void run_reduce(const Kernel& kernel, DType lane, const Tensor& in, const Tensor& out, unsigned axes,
                const void* params);
void run_copy(const StridedCopy& copy, const void* from, void* to, size_t element);
void run_convert(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t n);
void fill_zeros(const Tensor& out);
// A kernel of kind MX_BLOCK_RANDOM. It walks along the elements of `out`; how it reads `in` is its own affair.
void run_random(const Kernel& kernel, DType lane, std::span<const Tensor> in, const Tensor& out, int mode,
                const void* params, const int64_t* extra);
void run_index(const Kernel& kernel, DType lane, const Tensor& out, const void* params);
void run_rows(const char* kernel, DType lane, const RowView& view, std::initializer_list<RowOperand> in,
              std::initializer_list<RowOperand> out, const void* params = nullptr);
// A strided copy whose input moves on by index * step elements; `back`: the output. Indices not in 0..limit-1 are left
// out. index_strides: of the index along the axes of the copy. `from` may be one number in host memory.
void run_gather(const StridedCopy& copy, const int64_t* index_strides, const Tensor& from, const int64_t* index,
                const Tensor& to, int64_t step, int64_t limit, bool back);
// Keys in order, and where each of them was; equal ones stay in their order. All are in 0..limit-1.
struct Order {
  Tensor keys, from;
};
Order sort_keys(const OpContext& ctx, const int64_t* keys, int64_t n, int64_t limit);
// out[o, key, :] = the sum of rows[o, i, :] for all i of the key, or the last of them; other places are left alone.
void run_scatter(const Order& order, const Tensor& rows, const Tensor& out, int64_t outer, int64_t size, int64_t inner,
                 bool last);
// Several calls of one elementwise kernel, in as few launches as there are ways.
void run_many(const Kernel& kernel, std::span<const ElementwiseCall> calls);
// The host waits for the thread's stream.
void read(const void* from, void* to, size_t bytes);

}  // namespace mx::device
