// Operators that a library defined through mx/plugin.h.
#pragma once
#include <memory>
#include <vector>

#include "mx/opdef.h"
#include "mx/plugin.h"

namespace mx {

bool is_foreign(const OpDef& op);
MXOperatorFn device_function(const OpDef& op);  // of a foreign one; may be null
// The parameters as such an operator gets them. Raises kValue where one is missing.
std::vector<const char*> foreign_params(const OpDef& op, const void* params);

MXTensor to_c(const Tensor& t);

// MXPlugin::define_operator.
int define_operator(const MXOperatorDef* def);

// In registry.cc. The name must be new: raises kValue.
void add_op(std::unique_ptr<OpDef> op);

}  // namespace mx
