// The registry: reads what the macros of op.h left in the sections, once. Operators of libraries come to its end later.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <unordered_map>

#include "graph/compose.h"
#include "mx/op.h"
#include "op/foreign.h"

extern "C" {
extern const mx::OpRecord* const __start_mx_ops[] __attribute__((visibility("hidden")));
extern const mx::OpRecord* const __stop_mx_ops[] __attribute__((visibility("hidden")));
}

namespace mx {

namespace {

// Inference and counting need these; an operator that forgets one is a bug of the build, not of a user.
void check(const OpDef& op) {
  const auto need = [&](bool ok, const char* what) {
    MX_CHECK(ok, kInternal, "[", op.name, "] the registration ", what);
  };
  need(*op.doc, "has no describe()");
  need(op.forward_fn || op.compose_fn, "has neither forward() nor compose()");
  need(op.compose_fn || op.infer_shape_fn, "has no infer_shape()");
  for (const Argument& input : op.inputs) need(*input.doc, "has an input without a text");
  if (op.is_variadic())
    need(op.param_struct().find(op.variadic_count), "counts its inputs in a parameter that it lacks");
}

constexpr size_t kMostLate = 4096;  // there is room for so many, so that nothing moves while others read

struct Registry {
  std::vector<std::unique_ptr<OpDef>> owned;
  std::vector<const OpDef*> sorted;  // behind them those that came later
  std::atomic<size_t> count = 0;
  std::unordered_map<std::string_view, const OpDef*> by_name;

  Registry() {
    for (auto record = __start_mx_ops; record != __stop_mx_ops; ++record) {
      auto op = std::make_unique<OpDef>();
      op->name = (*record)->name;
      op->family = std::filesystem::path((*record)->file).parent_path().filename();
      op->params_type_ = &params_type<NoParam>();
      op->internal = op->name.starts_with("_backward");
      (*record)->describe(*op);
      if (op->outputs.empty()) op->output("output");
      check(*op);
      sorted.push_back(op.get());
      owned.push_back(std::move(op));
    }
    std::sort(sorted.begin(), sorted.end(), [](const OpDef* a, const OpDef* b) { return a->name < b->name; });
    for (size_t i = 0; i < sorted.size(); ++i) const_cast<OpDef*>(sorted[i])->id = static_cast<int32_t>(i);
    count = sorted.size();
    sorted.reserve(count + kMostLate);
    for (const OpDef* op : sorted) {
      add(op->name, op);
      for (const std::string& alias : op->aliases) add(alias, op);
    }
  }

  void add(std::string_view name, const OpDef* op) {
    const auto [at, fresh] = by_name.emplace(name, op);
    MX_CHECK(fresh, kInternal, "[registry] ", op->name, " and ", at->second->name, " are both called ", name);
  }
};

Registry& registry() {
  static auto* const instance = new Registry;
  return *instance;
}

// Levenshtein distance, for the name that the user probably meant.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (std::tolower(a[i - 1]) != std::tolower(b[j - 1]));
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

const OpDef* find_op(std::string_view name) {
  const auto& names = registry().by_name;
  const auto at = names.find(name);
  if (at != names.end()) return at->second;
  const auto all = all_ops();
  for (auto op = all.rbegin(); op != all.rend() && is_foreign(**op); ++op)
    if ((*op)->name == name) return *op;
  return nullptr;
}

void add_op(std::unique_ptr<OpDef> op) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  Registry& all = registry();
  MX_CHECK(!find_op(op->name), kValue, "[", op->name, "] there is an operator of this name already");
  MX_CHECK(all.sorted.size() < all.sorted.capacity(), kValue, "[", op->name, "] there are too many operators");
  op->id = static_cast<int32_t>(all.sorted.size());
  all.sorted.push_back(op.release());  // for ever, like its library
  all.count = all.sorted.size();
}

const OpDef& get_op(std::string_view name) {
  if (const OpDef* op = find_op(name)) return *op;
  std::string_view nearest;
  size_t best = 3;
  for (const auto& [known, op] : registry().by_name)
    if (const size_t d = distance(name, known); d < best) best = d, nearest = known;
  if (nearest.empty()) raise(ErrorKind::kValue, "[registry] there is no operator called ", name);
  raise(ErrorKind::kValue, "[registry] there is no operator called ", name, "; did you mean ", nearest, "?");
}

std::span<const OpDef* const> all_ops() {
  const Registry& all = registry();
  return {all.sorted.data(), all.count};
}

namespace {
// The value of an integer parameter, in whatever width it is kept.
int64_t int_param(const OpDef& op, const void* params, const std::string& name) {
  const Field* field = op.param_struct().find(name);
  const void* at = static_cast<const char*>(params) + field->offset;
  return std::stoll(field->format(at, *field));
}
}  // namespace

int OpDef::count_inputs(const void* params) const {
  if (num_inputs_fn) return num_inputs_fn(params);
  if (is_variadic())
    return static_cast<int>(int_param(*this, params, variadic_count)) + static_cast<int>(inputs.size()) - 1;
  return static_cast<int>(inputs.size());
}
int OpDef::count_outputs(const void* params) const {
  return num_outputs_fn ? num_outputs_fn(params) : static_cast<int>(outputs.size());
}
int OpDef::count_visible(const void* params) const {
  if (visible_fn) return visible_fn(params);
  return visible >= 0 ? visible : count_outputs(params);
}

bool OpDef::mutates_input(int i) const {
  const int place = group ? i % group : i;
  return std::find(mutable_inputs.begin(), mutable_inputs.end(), place) != mutable_inputs.end();
}
bool OpDef::may_overwrite(int in, int out) const {
  if (group && in / group != out) return false;
  const Inplace wanted = group ? Inplace{in % group, 0} : Inplace{in, out};
  return std::any_of(inplace_pairs.begin(), inplace_pairs.end(),
                     [&](const Inplace& pair) { return pair.in == wanted.in && pair.out == wanted.out; });
}

std::string OpDef::input_name(int i) const {
  if (!is_variadic()) return inputs.at(static_cast<size_t>(i)).name;
  // The variadic inputs come last.
  const int fixed = static_cast<int>(inputs.size()) - 1;
  if (i < fixed) return inputs[static_cast<size_t>(i)].name;
  const std::string& name = inputs.back().name;
  return name.substr(0, name.find(':')) + std::to_string(i - fixed);
}
std::string OpDef::output_name(int i) const {
  // Of a varying number either all have names (a mask that is not always there), or none has (the parts of split).
  const bool named = !num_outputs_fn || outputs.size() > 1;
  if (named && static_cast<size_t>(i) < outputs.size()) return outputs[static_cast<size_t>(i)].name;
  return "output" + std::to_string(i);
}

namespace {
template <class Context, class T>
[[noreturn]] void contradict(const Context& c, const char* role, const std::string& name, const T& is,
                             const T& should) {
  raise(ErrorKind::kValue, "[", c.op.name, "] ", role, " ", name, " has ",
        std::is_same_v<T, Shape> ? "shape " : "dtype ", is, ", but ", should, " is needed");
}
std::string input_label(const OpDef& op, size_t i) {
  return op.is_variadic() || i < op.inputs.size() ? op.input_name(static_cast<int>(i)) : std::to_string(i);
}
}  // namespace

void InferShape::set_input(size_t i, const Shape& shape) const {
  const Shape before = in[i];
  if (!unify(in[i], shape)) contradict(*this, "input", input_label(op, i), before, shape);
}
void InferShape::set_output(size_t i, const Shape& shape) const {
  const Shape before = out[i];
  if (!unify(out[i], shape)) contradict(*this, "output", op.output_name(static_cast<int>(i)), before, shape);
}
void InferShape::same(size_t input, size_t output) const {
  set_output(output, in[input]);
  set_input(input, out[output]);
}
void InferDType::set_input(size_t i, DType dtype) const {
  if (dtype == DType::kUnknown) return;
  if (in[i] != DType::kUnknown && in[i] != dtype) contradict(*this, "input", input_label(op, i), in[i], dtype);
  in[i] = dtype;
}
void InferDType::set_output(size_t i, DType dtype) const {
  if (dtype == DType::kUnknown) return;
  if (out[i] != DType::kUnknown && out[i] != dtype)
    contradict(*this, "output", op.output_name(static_cast<int>(i)), out[i], dtype);
  out[i] = dtype;
}

void infer_shapes(const OpDef& op, const void* params, std::span<Shape> in, std::span<Shape> out) {
  if (!op.infer_shape_fn) return infer_composite_shapes(op, params, in, out);
  op.infer_shape_fn({op, params, in, out});
}

void infer_dtypes(const OpDef& op, const void* params, std::span<DType> in, std::span<DType> out) {
  const InferDType context{op, params, in, out};
  if (op.infer_dtype_fn) return op.infer_dtype_fn(context);
  if (!op.infer_shape_fn) return infer_composite_dtypes(op, params, in, out);
  DType common = DType::kUnknown;
  for (DType dtype : in)
    if (common == DType::kUnknown) common = dtype;
  for (DType dtype : out)
    if (common == DType::kUnknown) common = dtype;
  for (size_t i = 0; i < in.size(); ++i) context.set_input(i, common);
  for (size_t i = 0; i < out.size(); ++i) context.set_output(i, common);
}

Shape memory_shape(const Tensor& tensor) {
  Shape shape = tensor.shape;
  if (tensor.format == Format::kPlain) return shape;
  for (int i = 1; i + 1 < shape.ndim; ++i) shape[i] = tensor.shape[i + 1];
  shape[shape.ndim - 1] = tensor.shape[1];
  return shape;
}

void same_shape(const InferShape& c) {
  for (const bool inputs : {true, false})
    for (const Shape& shape : inputs ? c.in : c.out) {
      for (size_t i = 0; i < c.in.size(); ++i) c.set_input(i, shape);
      for (size_t i = 0; i < c.out.size(); ++i) c.set_output(i, shape);
    }
}

void zero_gradients(GradientContext& g) {
  for (size_t i = 0; i < g.num_inputs(); ++i)
    if (g.wants(i)) g.set(i, g.zeros_like(g.input(i)));
}

}  // namespace mx
