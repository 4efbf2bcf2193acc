// oneDNN seen from here: one engine, a stream per thread, descriptions of our arrays.
#pragma once
#include <oneapi/dnnl/dnnl.hpp>
#include <string_view>

#include "mx/base/shape.h"

namespace mx::onednn {

using Desc = dnnl::memory::desc;
using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

dnnl::engine& cpu();
dnnl::stream& stream();  // this thread's

// oneDNN's name for a dtype. Raises kType for those that it cannot compute with, float64 among them.
Type type_of(DType dtype, std::string_view op);
// The type to compute in: a half type where this processor has instructions for it, float32 elsewhere. Gradients in
// float16 are computed in float32 always: oneDNN has only reference code for them.
Type compute_type(DType dtype, std::string_view op, bool backward = false);

dnnl::memory::dims dims_of(const Shape& shape);
// A dense array in C order.
Desc plain(const Shape& shape, Type type);
// Any format that the primitive likes best.
inline Desc any(const dnnl::memory::dims& dims, Type type) { return {dims, type, Tag::any}; }

// A failure of oneDNN as an mx::Error.
[[noreturn]] void raise_error(const dnnl::error& error, std::string_view op);

}  // namespace mx::onednn
