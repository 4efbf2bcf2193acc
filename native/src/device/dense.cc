#include "device/dense.h"

#include <vector>

#include "device/plugin.h"

namespace mx::device {

void run_dense(const char* kernel, DType lane, std::initializer_list<Tensor> in, std::initializer_list<Tensor> out,
               const void* params, int mode) {
  Scope& scope = *current();
  const MXBlockFn fn = find_block(kernel, lane, MX_BLOCK_DENSE);
  MX_CHECK(fn, kUnsupported, "[", scope.op(), "] has no CUDA kernel yet: ", kernel, " is missing for ", lane,
           "; copy the inputs to the CPU with as_in_context(mx.cpu())");
  std::vector<MXOperand> operands;
  for (const auto* list : {&in, &out})
    for (const Tensor& t : *list) operands.push_back({t.data, static_cast<int32_t>(t.dtype), 0, 0, nullptr});
  MXBlock block{};
  block.struct_size = sizeof block, block.device = scope.device(), block.stream = scope.stream().handle;
  block.num_in = static_cast<int32_t>(in.size()), block.num_out = static_cast<int32_t>(out.size());
  block.in = operands.data(), block.out = operands.data() + in.size();
  block.params = params, block.mode = mode, block.workspace = workspace_of, block.context = &scope;
  check(fn(&block), scope.op(), scope.device());
}

}  // namespace mx::device
