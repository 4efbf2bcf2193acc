#include "device/scope.h"

#include "base/random.h"
#include "device/memory.h"
#include "device/plugin.h"
#include "mx/op/kernel.h"
#include "ndarray/ndarray.h"
#include "op/foreign.h"

namespace mx::device {
namespace {
thread_local Scope* innermost __attribute__((tls_model("initial-exec"))) = nullptr;

// A profiler shows the operator while its work is issued. Nothing happens where there is no profiler.
class Range {
 public:
  explicit Range(const char* name) : plugin_(plugin()) {
    if (plugin_.range_push) plugin_.range_push(name);
  }
  ~Range() {
    if (plugin_.range_pop) plugin_.range_pop();
  }
  Range(const Range&) = delete;

 private:
  const MXPlugin& plugin_;
};

bool blocks_have_kernels(const OpDef& op) {
  if (!op.portable) return false;
  if (!op.block_data) return true;
  const auto* kernel = static_cast<const Kernel*>(op.block_data);
  for (const DType dtype : {DType::kFloat32, DType::kInt32})
    for (const int kind : {MX_BLOCK_ELEMENTWISE, MX_BLOCK_REDUCE, MX_BLOCK_ROWS})
      if (find_block(kernel->name(), dtype, kind)) return true;
  return false;
}

}  // namespace

Scope* current() { return innermost; }

Scope::Scope(const char* op, Device device, std::span<Var* const> reads, std::span<Var* const> writes)
    : op_(op), stream_(Stream::current(device.id)), reads_(reads), writes_(writes), outer_(innermost) {
  for (Var* var : reads)
    if (var->uses) var->uses->before(stream_, false);
  for (Var* var : writes)
    if (var->uses) var->uses->before(stream_, true);
  check(plugin().make_current(device.id), op, device.id);
  innermost = this;
}

Scope::~Scope() {
  innermost = outer_;
  const uint64_t ticket = stream_.advance();
  const Device here{MX_GPU, stream_.device};
  for (const Block& block : blocks_) release(block.data, block.bytes, here, {Use{&stream_, ticket}});
  for (Var* var : reads_)
    if (var->uses) var->uses->after(stream_, ticket, false, op_);
  for (Var* var : writes_)
    if (var->uses) var->uses->after(stream_, ticket, true, op_);
}

Reading::Reading(std::span<NDArray* const> arrays) : arrays_(arrays) {
  for (const NDArray* array : arrays)
    if (!array->device().is_cpu()) array->chunk->var.uses->before(Stream::current(array->device().id), false);
}

Reading::~Reading() {
  for (const NDArray* array : arrays_) {
    if (array->device().is_cpu()) continue;
    Stream& stream = Stream::current(array->device().id);
    array->chunk->var.uses->after(stream, stream.advance(), false, nullptr);
  }
}

void* Scope::workspace(size_t bytes) {
  if (!bytes) return nullptr;
  blocks_.reserve(blocks_.size() + 1);
  void* data = allocate(bytes, Device{MX_GPU, stream_.device});
  blocks_.push_back({data, bytes});
  return data;
}

void* workspace_of(void* scope, size_t bytes) {
  try {
    return static_cast<Scope*>(scope)->workspace(bytes);
  } catch (const std::exception& error) {
    plugin().set_error(error.what());
    return nullptr;
  }
}

bool supports(const OpDef& op) {
  return is_foreign(op) ? device_function(op) != nullptr : find_operator(op.name.c_str()) || blocks_have_kernels(op);
}

void forward(const OpContext& ctx) {
  Scope& scope = *current();
  const Range range(ctx.op.name.c_str());
  const bool foreign = is_foreign(ctx.op);
  const MXOperatorFn fn = foreign ? device_function(ctx.op) : find_operator(ctx.op.name.c_str());
  if (!fn) {
    MX_CHECK(!foreign && blocks_have_kernels(ctx.op), kUnsupported, "[", ctx.op.name, "] has no CUDA kernel yet; ",
             ctx.in.empty() ? "compute on the CPU and copy the result"
                            : "copy its inputs to the CPU with as_in_context(mx.cpu())");
    return ctx.op.forward_fn(ctx);
  }
  std::vector<MXTensor> in, out;
  for (const Tensor& t : ctx.in) in.push_back(to_c(t));
  for (const Tensor& t : ctx.out) out.push_back(to_c(t));
  struct Context {
    Scope& scope;
    PhiloxGenerator* random;
  } context{scope, ctx.random};
  const auto texts = foreign ? foreign_params(ctx.op, ctx.params) : std::vector<const char*>();
  MXOperatorCall call{};
  call.struct_size = sizeof call, call.device = scope.device(), call.stream = scope.stream().handle;
  call.num_in = static_cast<int32_t>(in.size()), call.num_out = static_cast<int32_t>(out.size());
  call.in = in.data(), call.out = out.data(),
  call.params = foreign ? static_cast<const void*>(texts.data()) : ctx.params, call.is_train = ctx.is_train;
  call.context = &context;
  call.workspace = [](void* c, size_t bytes) -> void* {
    try {
      return static_cast<Context*>(c)->scope.workspace(bytes);
    } catch (const std::exception& error) {
      plugin().set_error(error.what());
      return nullptr;
    }
  };
  call.reserve_random = [](void* c, uint64_t blocks, uint64_t* seed, uint64_t* first) {
    PhiloxGenerator* random = static_cast<Context*>(c)->random;
    if (!random) return plugin().set_error("the operator is not registered with uses_random()"), 1;
    const PhiloxKey key = random->reserve(blocks);
    *seed = key.seed, *first = key.offset;
    return 0;
  };
  check(fn(&call), ctx.op.name.c_str(), scope.device());
}

}  // namespace mx::device
