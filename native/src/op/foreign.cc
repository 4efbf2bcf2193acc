#include "op/foreign.h"

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "device/plugin.h"

namespace mx {
namespace {

struct ForeignParam {
  std::array<std::optional<std::string>, MX_PLUGIN_MAX_PARAMS> given;
};

// A definition and the memory behind it. Kept for ever, like the library.
struct Foreign {
  MXOperatorDef def{};
  std::deque<std::string> texts;
  std::vector<const char*> defaults;
  std::string gradient;
  ParamsType params;
};

const Foreign& foreign(const OpDef& op) { return *static_cast<const Foreign*>(op.block_data); }

void infer(const InferShape& s) {
  for (const Shape& shape : s.in)
    if (!shape.known()) return;
  const MXOperatorDef& def = foreign(s.op).def;
  if (!def.infer_shape) {
    for (size_t i = 0; i < s.out.size(); ++i) s.set_output(i, s.in[0]);
    return;
  }
  std::vector<MXTensor> in;
  for (const Shape& shape : s.in) in.push_back({nullptr, shape.dims, shape.ndim, -1});
  std::vector<int32_t> ndim(s.out.size(), -1);
  const auto dims = std::make_unique<int64_t[][MX_PLUGIN_MAX_NDIM]>(s.out.size());
  const auto params = foreign_params(s.op, s.params);
  MXShapeCall call{};
  call.struct_size = sizeof call, call.num_in = def.num_in, call.num_out = def.num_out;
  call.params = params.data(), call.in = in.data(), call.ndim = ndim.data(), call.dims = dims.get();
  MX_CHECK(def.infer_shape(&call) == 0, kValue, "[", s.op.name, "] ", device::last_error());
  for (size_t i = 0; i < s.out.size(); ++i) {
    MX_CHECK(ndim[i] >= 0 && ndim[i] <= MX_PLUGIN_MAX_NDIM, kInternal, "[", s.op.name, "] output ", i, " got ", ndim[i],
             " dimensions from its library");
    s.set_output(i, Shape(dims[i], static_cast<size_t>(ndim[i])));
  }
}

void forward(const OpContext& ctx) {
  const MXOperatorDef& def = foreign(ctx.op).def;
  MX_CHECK(def.forward, kUnsupported, "[", ctx.op.name, "] its library runs on GPUs alone; copy the inputs there");
  std::vector<MXTensor> in, out;
  for (const Tensor& t : ctx.in) in.push_back(to_c(t));
  for (const Tensor& t : ctx.out) out.push_back(to_c(t));
  const auto params = foreign_params(ctx.op, ctx.params);
  MXOperatorCall call{};
  call.struct_size = sizeof call, call.device = -1;
  call.num_in = def.num_in, call.num_out = def.num_out, call.in = in.data(), call.out = out.data();
  call.params = params.data(), call.is_train = ctx.is_train;
  call.context = const_cast<OpContext*>(&ctx);
  call.workspace = [](void* context, size_t bytes) -> void* {
    try {
      return static_cast<OpContext*>(context)->workspace(bytes);
    } catch (const std::exception& error) {
      device::set_error(error.what());
      return nullptr;
    }
  };
  call.reserve_random = [](void*, uint64_t, uint64_t*, uint64_t*) {
    return device::set_error("operators of libraries get no random numbers"), 1;
  };
  MX_CHECK(def.forward(&call) == 0, kInternal, "[", ctx.op.name, "] ", device::last_error());
}

void gradient(GradientContext& g) {
  const OpDef& back = get_op(foreign(g.op()).gradient);
  std::vector<Value> in;
  for (size_t i = 0; i < g.num_outputs(); ++i) in.push_back(g.head(i));
  for (size_t i = 0; i < g.num_inputs(); ++i) in.push_back(g.input(i));
  for (size_t i = 0; i < g.num_outputs(); ++i) in.push_back(g.output(i));
  const auto made = g.builder().call_all(back.name.c_str(), in, Params::copy(back.param_struct(), g.params().data()));
  for (size_t i = 0; i < made.size(); ++i)
    if (g.wants(i)) g.set(i, made[i]);
}

void define(const MXOperatorDef& def) {
  const std::string name = def.name;
  MX_CHECK(def.struct_size >= sizeof def, kValue, "[", name, "] was compiled for another mx/plugin.h");
  MX_CHECK(def.num_in >= 1 && def.num_out >= 1 && def.num_params >= 0 && def.num_params <= MX_PLUGIN_MAX_PARAMS, kValue,
           "[", name, "] has ", def.num_in, " inputs, ", def.num_out, " outputs and ", def.num_params,
           " parameters: at least 1, at least 1 and at most ", MX_PLUGIN_MAX_PARAMS, " are possible");
  MX_CHECK(def.forward || def.forward_on_device, kValue, "[", name, "] has no function");
  auto* const kept = new Foreign;  // for ever
  kept->def = def;
  const auto keep = [kept](const char* text) { return kept->texts.emplace_back(text).c_str(); };
  kept->params = {sizeof(ForeignParam),
                  [](void* to) { new (to) ForeignParam; },
                  [](void* to, const void* from) { new (to) ForeignParam(*static_cast<const ForeignParam*>(from)); },
                  [](void* object) { static_cast<ForeignParam*>(object)->~ForeignParam(); },
                  {}};
  using Text = std::optional<std::string>;
  for (int i = 0; i < def.num_params; ++i) {
    const char* const otherwise = def.defaults ? def.defaults[i] : nullptr;
    kept->defaults.push_back(otherwise ? keep(otherwise) : nullptr);
    Field field = ErasedField<Text>::make(keep(def.params[i]), "", static_cast<size_t>(i) * sizeof(Text));
    field.is_required = !otherwise;
    kept->params.fields.push_back(field);
  }
  auto op = std::make_unique<OpDef>();
  op->name = name, op->family = "library", op->internal = name.starts_with("_");
  op->describe(keep(def.doc && *def.doc ? def.doc : name.c_str())).data(kept);
  op->params_type_ = &kept->params;
  for (int i = 0; i < def.num_in; ++i) op->input(keep(def.inputs[i]), "");
  for (int i = 0; i < def.num_out; ++i) op->output(keep(def.outputs[i]));
  op->infer_shape(infer).forward(forward);
  if (def.gradient) {
    kept->gradient = def.gradient;
    const OpDef* const back = find_op(kept->gradient);
    MX_CHECK(back && is_foreign(*back) && foreign(*back).def.num_params == def.num_params &&
                 foreign(*back).def.num_in == def.num_in + 2 * def.num_out && foreign(*back).def.num_out == def.num_in,
             kValue, "[", name, "] its gradient ", kept->gradient, " must be defined before, with ",
             def.num_in + 2 * def.num_out, " inputs, ", def.num_in, " outputs and the same parameters");
    op->gradient(gradient);
  }
  add_op(std::move(op));
}

}  // namespace

bool is_foreign(const OpDef& op) { return op.forward_fn == forward; }
MXOperatorFn device_function(const OpDef& op) { return foreign(op).def.forward_on_device; }

std::vector<const char*> foreign_params(const OpDef& op, const void* params) {
  const Foreign& f = foreign(op);
  const auto& given = static_cast<const ForeignParam*>(params)->given;
  std::vector<const char*> all;
  for (size_t i = 0; i < f.defaults.size(); ++i) {
    const char* const text = given[i] ? given[i]->c_str() : f.defaults[i];
    MX_CHECK(text, kValue, "[", op.name, "] ", f.params.fields[i].name, " must be given");
    all.push_back(text);
  }
  return all;
}

MXTensor to_c(const Tensor& t) { return {t.data, t.shape.dims, t.shape.ndim, static_cast<int32_t>(t.dtype)}; }

int define_operator(const MXOperatorDef* def) {
  try {
    return define(*def), 0;
  } catch (const std::exception& error) {
    return device::set_error(error.what()), 1;
  }
}

}  // namespace mx
