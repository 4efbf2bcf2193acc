// What operator files call, compiled once here and not in each of them.
#include "mx/opdef.h"

namespace mx {

OpDef::OpDef() = default;
OpDef::~OpDef() = default;

OpDef& OpDef::input(const char* argument, const char* text) {
  inputs.push_back({argument, text});
  return *this;
}
OpDef& OpDef::optional_input(const char* argument, const char* text) {
  inputs.push_back({argument, text, true});
  return *this;
}
// Behind a colon the name may go on with what the inputs are called in a symbol, where that is something else:
// "data:weight_,grad_;lrs" stands for weight_0, grad_0, weight_1, grad_1 ... and at the end lrs.
OpDef& OpDef::variadic(const char* argument, const char* count, const char* text) {
  variadic_count = count;
  return input(argument, text);
}
OpDef& OpDef::output(const char* result, const char* text) {
  outputs.push_back({result, text});
  return *this;
}
OpDef& OpDef::alias(const char* other) {
  aliases.push_back(other);
  return *this;
}
OpDef& OpDef::mutates(std::initializer_list<int> which) {
  mutable_inputs = which;
  return *this;
}
OpDef& OpDef::inplace(int in, int out) {
  inplace_pairs.push_back({in, out});
  return *this;
}
OpDef& OpDef::channels_last(std::initializer_list<int> in, std::initializer_list<int> out, SuitsFn suits) {
  last_inputs = in, last_outputs = out, last_suits = suits;
  return *this;
}
OpDef& OpDef::input_attr(const char* in, const char* key, const char* value) {
  input_attrs.push_back({in, key, value});
  return *this;
}

const OpDef& Builder::find(const char* op) { return get_op(op); }

std::vector<Value> Builder::call_all(const char* op, std::span<const Value> inputs, Params params) {
  return invoke(find(op), inputs, std::move(params));
}
Value Builder::call(const char* op, std::initializer_list<Value> inputs, Params params) {
  return call_all(op, std::span<const Value>(inputs.begin(), inputs.size()), std::move(params)).at(0);
}
Value Builder::call(const char* op, std::initializer_list<Value> inputs) { return call(op, inputs, NoParam()); }
Value GradientContext::call(const char* op, std::initializer_list<Value> inputs) { return builder_.call(op, inputs); }
Value ComposeContext::call(const char* op, std::initializer_list<Value> inputs) { return builder.call(op, inputs); }

std::vector<Value> GradientContext::call_same(const char* op, std::initializer_list<Value> inputs) {
  return builder_.call_all(op, std::span<const Value>(inputs.begin(), inputs.size()), params_);
}
Value GradientContext::zeros_like(const Value& value) { return call("zeros_like", {value}); }

}  // namespace mx
