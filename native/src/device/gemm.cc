#include "device/gemm.h"

#include "device/blocks.h"
#include "device/plugin.h"

namespace mx::device {

static MXMatrices to_c(const void* data, const Strides& s) {
  return {const_cast<void*>(data), s.batch, s.row, s.column};
}

void run_gemm(const Gemm& g, const void* a, const void* b, void* c, const void* bias, bool relu) {
  Scope& scope = *current();
  MX_CHECK(is_floating(g.dtype), kType, "[", scope.op(), "] is not defined for ", g.dtype,
           "; convert the arrays first (Cast)");
  if (g.batch == 0 || g.m == 0 || g.n == 0) return;
  const Tensor out{c, {g.batch * g.m, g.n}, g.dtype};
  if (g.k == 0) {  // an empty sum
    MX_CHECK(!bias, kUnsupported, "[", scope.op(), "] the inner dimension of the product is 0");
    return device::fill_zeros(out);
  }
  if (g.c.column != 1 && g.c.row == 1 && !bias)  // the transpose lies in rows
    return run_gemm({g.batch, g.n, g.m, g.k, transposed(g.b), transposed(g.a), transposed(g.c), g.dtype}, b, a, c,
                    nullptr, relu);
  MX_CHECK(plugin().gemm, kUnsupported, "[", scope.op(), "] the plugin of this device multiplies no matrices");
  const bool apart = g.dtype == DType::kFloat64;  // cuBLASLt has nothing else for it
  MXGemm call{};
  call.struct_size = sizeof call, call.device = scope.device(), call.stream = scope.stream().handle;
  call.batch = g.batch, call.m = g.m, call.n = g.n, call.k = g.k;
  call.a = to_c(a, g.a), call.b = to_c(b, g.b), call.c = to_c(c, g.c);
  call.bias = apart ? nullptr : bias, call.dtype = static_cast<int32_t>(g.dtype);
  call.activation = relu && !apart ? MX_GEMM_RELU : MX_GEMM_PLAIN;
  call.workspace = workspace_of, call.context = &scope;
  check(plugin().gemm(&call), scope.op(), scope.device());
  if (!apart) return;
  const Tensor in[] = {out, {const_cast<void*>(bias), {g.n}, g.dtype}};
  if (bias) device::run_elementwise(get_kernel("add"), in, {&out, 1}, nullptr);
  if (relu) device::run_elementwise(get_kernel("relu"), {&out, 1}, {&out, 1}, nullptr);
}

}  // namespace mx::device
