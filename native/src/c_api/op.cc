// What the registry tells to code generators and tools.
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "c_api/guard.h"
#include "mx/opdef.h"

using namespace mx;
using c_api::guard;

namespace {

// An MXOpInfo and the memory behind its pointers.
struct Described {
  MXOpInfo info;
  std::vector<MXArgumentInfo> inputs, outputs;
  std::vector<MXParamInfo> params;
  std::vector<const char*> aliases;
  std::deque<std::string> texts;
  std::deque<std::vector<const char*>> choices;

  explicit Described(const OpDef& op) {
    for (const Argument& a : op.inputs)
      inputs.push_back({texts.emplace_back(a.name.substr(0, a.name.find(':'))).c_str(), a.doc, a.optional});
    for (const Argument& a : op.outputs) outputs.push_back({a.name.c_str(), a.doc, a.optional});
    for (const std::string& alias : op.aliases) aliases.push_back(alias.c_str());
    const ParamsType& type = op.param_struct();
    std::vector<char> defaults(type.size);  // no parameter struct needs more than the alignment of operator new
    type.construct(defaults.data());
    for (const Field& field : type.fields) {
      const char* text = nullptr;
      if (!field.is_required) text = texts.emplace_back(field.format(defaults.data() + field.offset, field)).c_str();
      choices.push_back(field.choices);
      choices.back().push_back(nullptr);
      params.push_back(
          {field.name, field.doc, field.type, text, field.nullable, field.low, field.high, choices.back().data()});
    }
    type.destroy(defaults.data());
    info = {op.name.c_str(),
            op.family.c_str(),
            op.doc,
            static_cast<int>(inputs.size()),
            static_cast<int>(outputs.size()),
            static_cast<int>(params.size()),
            static_cast<int>(aliases.size()),
            inputs.data(),
            outputs.data(),
            params.data(),
            aliases.data(),
            op.is_variadic() ? op.variadic_count.c_str() : nullptr,
            op.internal,
            op.gradient_fn != nullptr || op.compose_fn != nullptr || op.zero_gradient,
            op.random,
            op.group ? op.group : 1};
  }
};

const MXOpInfo& described(size_t op) {
  static std::mutex mutex;
  static auto& all = *new std::deque<Described>;  // libraries may bring more
  const std::lock_guard lock(mutex);
  while (all.size() <= op) all.emplace_back(*all_ops()[all.size()]);
  return all[op].info;
}

}  // namespace

int MXOpCount(int* out) {
  return guard([&] { *out = static_cast<int>(all_ops().size()); });
}
int MXOpGetInfo(int op, MXOpInfo* out) {
  return guard([&] {
    MX_CHECK(op >= 0 && static_cast<size_t>(op) < all_ops().size(), kIndex, "[registry] there is no operator number ",
             op);
    *out = described(static_cast<size_t>(op));
  });
}
int MXOpFind(const char* name, int* out) {
  return guard([&] { *out = get_op(name).id; });
}
