#include "op/onednn/call.h"

#include "engine/threads.h"

namespace mx::onednn {

static constexpr size_t kAlignment = 64;

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

static void execute(const dnnl::primitive& primitive, const std::vector<dnnl_exec_arg_t>& args) {
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(primitive.get(), stream().get(), static_cast<int>(args.size()), args.data()),
      "a primitive failed");
}

static void convert(const dnnl::primitive& reorder, const dnnl::memory& from, const dnnl::memory& to) {
  const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from.get()}, {DNNL_ARG_TO, to.get()}};
  dnnl::error::wrap_c_api(dnnl_primitive_execute(reorder.get(), stream().get(), 2, args), "a reorder failed");
}

Call::Call(const dnnl::primitive_desc_base& desc, std::initializer_list<Slot> slots) : primitive_(desc.get()) {
  auto reserve = [this](const Desc& d) {
    const size_t offset = workspace_;
    workspace_ += (d.get_size() + kAlignment - 1) / kAlignment * kAlignment;
    return offset;
  };
  bound_.reserve(slots.size());
  args_.reserve(slots.size() + 1);
  scratchpad_ = dnnl::memory(desc.scratchpad_desc(), cpu(), nullptr);
  reserve(desc.scratchpad_desc());
  for (const Slot& slot : slots) {
    const Desc wanted = desc.query_md(dnnl::query::exec_arg_md, slot.arg);
    Bound bound;
    bound.output = slot.output, bound.arg = slot.arg, bound.wanted = wanted;
    bound.outer = bound.inner = dnnl::memory(slot.desc, cpu(), nullptr);
    if (wanted != slot.desc) {
      bound.inner = dnnl::memory(wanted, cpu(), nullptr);
      const dnnl::memory &from = slot.output ? bound.inner : bound.outer, &to = slot.output ? bound.outer : bound.inner;
      bound.convert = dnnl::reorder(from, to);
      bound.offset = reserve(wanted);
    }
    args_.push_back({slot.arg, bound.inner.get()});
    bound_.push_back(std::move(bound));
  }
  args_.push_back({DNNL_ARG_SCRATCHPAD, scratchpad_.get()});
}

const Desc& Call::desc_of(int arg) const {
  for (const Bound& bound : bound_)
    if (bound.arg == arg) return bound.wanted;
  raise(ErrorKind::kInternal, "a oneDNN call has no argument ", arg);
}

void reorder(const Desc& from_desc, const void* from, const Desc& to_desc, void* to) {
  engine::enter_parallel_code();
  dnnl::memory source(from_desc, cpu(), const_cast<void*>(from)), target(to_desc, cpu(), to);
  dnnl::reorder(source, target).execute(stream(), source, target);
}

void Call::run(const OpContext& context, std::initializer_list<const void*> data) {
  char* workspace = workspace_ ? static_cast<char*>(context.workspace(workspace_)) : nullptr;
  try {
    engine::set_team(threads_);
    scratchpad_.set_data_handle(workspace);
    auto pointer = data.begin();
    for (Bound& bound : bound_) {
      bound.outer.set_data_handle(const_cast<void*>(*pointer++));
      if (!bound.convert) continue;
      bound.inner.set_data_handle(workspace + bound.offset);
      if (!bound.output) convert(bound.convert, bound.outer, bound.inner);
    }
    execute(primitive_, args_);
    for (Bound& bound : bound_)
      if (bound.output && bound.convert) convert(bound.convert, bound.inner, bound.outer);
  } catch (const dnnl::error& error) {
    raise_error(error, context.op.name);
  }
}

}  // namespace mx::onednn
