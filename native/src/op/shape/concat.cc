// Arrays joined along an axis, and an array split along one.
#include "mx/op.h"
#include "mx/op/strided.h"

namespace mx {
namespace {

struct ConcatParam {
  int32_t num_args = 1, dim = 1;
  static void fields(auto& f) {
    f.add("num_args", &ConcatParam::num_args, "How many arrays there are.").range(1).required();
    f.add("dim", &ConcatParam::dim, "The axis along which they are joined; negative ones count from the end.");
  }
};
struct StackParam {
  int32_t axis = 0, num_args = 1;
  static void fields(auto& f) {
    f.add("axis", &StackParam::axis, "Where the new axis goes; negative values count from the end.");
    f.add("num_args", &StackParam::num_args, "How many arrays there are.").range(1).required();
  }
};
struct SplitParam {
  int32_t num_outputs = 1, axis = 1;
  bool squeeze_axis = false;
  static void fields(auto& f) {
    f.add("num_outputs", &SplitParam::num_outputs, "How many parts there are.").range(1).required();
    f.add("axis", &SplitParam::axis, "The axis to split; its size must be a multiple of num_outputs.");
    f.add("squeeze_axis", &SplitParam::squeeze_axis, "Remove the axis, where the parts have size 1 along it.");
  }
};

struct SplitV2Param {
  Shape indices = Shape::scalar();
  int32_t axis = 1;
  bool squeeze_axis = false;
  int32_t sections = 0;
  static void fields(auto& f) {
    f.add("indices", &SplitV2Param::indices, "Where the parts begin, from 0 on; used when sections is 0.").required();
    f.add("axis", &SplitV2Param::axis, "The axis to split; negative ones count from the end.");
    f.add("squeeze_axis", &SplitV2Param::squeeze_axis, "Remove the axis, where the parts have size 1 along it.");
    f.add("sections", &SplitV2Param::sections,
          "How many parts there are, or 0; the first ones have one element more where they can't be equal.")
        .range(0);
  }
  int count() const { return sections > 0 ? sections : indices.ndim; }
};

// parts[i] lies along `axis` of whole[outer, total, inner] from `at` on.
void join(std::span<const Tensor> parts, const Tensor& whole, int64_t outer, int64_t inner) {
  if (whole.size() == 0) return;
  const int64_t total = whole.size() / (outer * inner);
  int64_t at = 0;
  for (const Tensor& part : parts) {
    if (part.size() == 0) continue;
    const int64_t length = part.size() / outer;
    StridedCopy copy;
    copy.axis(outer, length, total * inner);
    copy.axis(length, 1, 1);
    copy.run(part.data, element_at(whole, at), size_of(whole.dtype));
    at += length;
  }
}
void separate(const Tensor& whole, std::span<const Tensor> parts, int64_t outer) {
  if (whole.size() == 0) return;
  int64_t at = 0;
  for (const Tensor& part : parts) {
    const int64_t length = part.size() / outer;
    if (part.data && length) {
      StridedCopy copy;
      copy.axis(outer, whole.size() / outer, length);
      copy.axis(length, 1, 1);
      copy.run(element_at(whole, at), part.data, size_of(whole.dtype));
    }
    at += length;
  }
}

void infer_concat(const InferShape& s) {
  int ndim = s.out[0].ndim;
  for (const Shape& in : s.in)
    if (in.rank_known()) ndim = in.ndim;
  if (ndim < 0) return;
  const int axis = normalize_axis(s.as<ConcatParam>().dim, ndim, s.op.name);
  // All agree on the other axes; sizes along this one add up.
  Shape common = s.out[0].rank_known() ? s.out[0] : Shape::filled(ndim, -1);
  int64_t total = 0;
  for (size_t i = 0; i < s.in.size(); ++i) {
    Shape in = s.in[i];
    if (!in.rank_known()) {
      total = -1;
      continue;
    }
    total = total < 0 || in.ndim <= axis || in[axis] < 0 ? -1 : total + in[axis];
    in[axis] = common[axis] = -1;
    MX_CHECK(unify(common, in), kValue, "[", s.op.name, "] input ", s.op.input_name(static_cast<int>(i)), " has shape ",
             s.in[i], ", which doesn't fit ", s.in[0], " along an axis other than ", axis);
  }
  common[axis] = -1;
  for (size_t i = 0; i < s.in.size(); ++i) s.set_input(i, common);
  if (total < 0 && s.out[0].rank_known() && s.out[0][axis] >= 0) {  // one unknown: what is left
    int64_t rest = s.out[0][axis];
    int open = -1;
    for (size_t i = 0; i < s.in.size(); ++i) {
      if (s.in[i][axis] >= 0)
        rest -= s.in[i][axis];
      else
        open = open == -1 ? static_cast<int>(i) : -2;
    }
    if (open >= 0 && rest >= 0) s.in[static_cast<size_t>(open)][axis] = rest;
  }
  common[axis] = total;
  s.set_output(0, common);
}

// Axis of the tensor's shape -> axis in memory.
int axis_in_memory(const Tensor& tensor, int axis) {
  if (tensor.format == Format::kPlain || axis == 0) return axis;
  return axis == 1 ? tensor.shape.ndim - 1 : axis - 1;
}

void forward_concat(const OpContext& ctx) {
  const Shape out = memory_shape(ctx.out[0]);
  const int axis = axis_in_memory(ctx.out[0], normalize_axis(ctx.as<ConcatParam>().dim, out.ndim, ctx.op.name));
  join(ctx.in, ctx.out[0], out.size(0, axis), out.size(axis + 1, out.ndim));
}

// The gradient of joining: the head, and the inputs for their shapes; one output per input.
int count_parts(const void* p) { return static_cast<const ConcatParam*>(p)->num_args; }

int64_t split_outer(const Tensor& whole, int axis, const OpDef& op) {
  return memory_shape(whole).size(0, axis_in_memory(whole, normalize_axis(axis, whole.shape.ndim, op.name)));
}

OpDef& joining(OpDef& op) {
  return op.params<ConcatParam>()
      .variadic("arg", "num_args", "The arrays; of one shape but for the axis.")
      .infer_shape(infer_concat)
      .channels_last({OpDef::kAll}, {0})
      .portable_forward(forward_concat)
      .gradient([](GradientContext& g) {
        std::vector<Value> in = {g.head()};
        for (size_t i = 0; i < g.num_inputs(); ++i) in.push_back(g.input(i));
        const std::vector<Value> out = g.builder().call_all("_backward_concat", in, g.as<ConcatParam>());
        for (size_t i = 0; i < out.size(); ++i) g.set(i, out[i]);
      });
}

void infer_split(const InferShape& s) {
  const auto& p = s.as<SplitV2Param>();
  const Shape& data = s.in[0];
  if (!data.rank_known()) return;
  const int axis = normalize_axis(p.axis, data.ndim, s.op.name), count = p.count();
  const int64_t size = data[axis];
  MX_CHECK(count > 0 && (p.sections > 0 || p.indices[0] == 0), kValue, "[_split_v2] indices ", p.indices,
           " must begin with 0, or sections must tell the number of parts");
  for (int i = 0; i < count; ++i) {
    int64_t length = -1;
    if (size >= 0 && p.sections > 0) {
      length = size / p.sections + (i < size % p.sections);
    } else if (size >= 0) {
      const int64_t end = i + 1 < count ? p.indices[i + 1] : size;
      length = end - p.indices[i];
      MX_CHECK(length >= 0 && end <= size, kValue, "[_split_v2] indices ", p.indices,
               " must rise and not go beyond axis ", axis, " of data ", data);
    }
    MX_CHECK(!p.squeeze_axis || size < 0 || length == 1, kValue,
             "[_split_v2] squeeze_axis needs parts of size 1, but part ", i, " of axis ", axis, " of data ", data,
             " has ", length);
    Shape part = data.slice(0, axis);
    if (!p.squeeze_axis) part.push_back(length);
    for (int k = axis + 1; k < data.ndim; ++k) part.push_back(data[k]);
    if (part.ndim == 0) part.push_back(1);
    s.set_output(static_cast<size_t>(i), part);
  }
}

}  // namespace

MX_OPERATOR(Concat) { joining(op).describe("Arrays joined along an axis that they have.").alias("concat"); }
MX_OPERATOR(_rnn_param_concat) {
  joining(op).describe("Concat, as packers of parameters call it.").alias("_npi_rnn_param_concat");
}
MX_OPERATOR(_backward_concat) {
  op.describe("The gradients of joined arrays.")
      .params<ConcatParam>()
      .input("head", "The gradient of the whole.")
      .variadic("like", "num_args", "The arrays; only their shapes matter.")
      .num_outputs(count_parts)
      .infer_shape([](const InferShape& s) {
        for (size_t i = 0; i < s.out.size(); ++i) s.same(i + 1, i);
      })
      .reads([](const void*, size_t input) { return input == 0; })
      .channels_last({0}, {OpDef::kAll})
      .portable_forward([](const OpContext& ctx) {
        separate(ctx.in[0], ctx.out, split_outer(ctx.in[0], ctx.as<ConcatParam>().dim, ctx.op));
      });
}

MX_OPERATOR(stack) {
  op.describe("Arrays of one shape, joined along a new axis.")
      .params<StackParam>()
      .variadic("arg", "num_args", "The arrays.")
      .infer_shape([](const InferShape& s) {
        Shape common;
        for (const Shape& in : s.in)
          MX_CHECK(unify(common, in), kValue, "[stack] shapes ", common, " and ", in, " differ");
        for (size_t i = 0; i < s.in.size(); ++i) s.set_input(i, common);
        if (!common.rank_known()) return;
        const int axis = normalize_axis(s.as<StackParam>().axis, common.ndim + 1, s.op.name);
        Shape out = common.slice(0, axis);
        out.push_back(static_cast<int64_t>(s.in.size()));
        for (int i = axis; i < common.ndim; ++i) out.push_back(common[i]);
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) {
        const Shape& out = ctx.out[0].shape;
        const int axis = normalize_axis(ctx.as<StackParam>().axis, out.ndim, ctx.op.name);
        join(ctx.in, ctx.out[0], out.size(0, axis), out.size(axis + 1, out.ndim));
      })
      .gradient([](GradientContext& g) {
        const auto& p = g.as<StackParam>();
        const std::vector<Value> parts =
            g.builder().call_all("SliceChannel", {g.head()}, SplitParam{p.num_args, p.axis, true});
        for (size_t i = 0; i < parts.size(); ++i) g.set(i, parts[i]);
      });
}

MX_OPERATOR(SliceChannel) {
  op.describe("The array split into equal parts along an axis.")
      .alias("split")
      .params<SplitParam>()
      .input("data", "The array.")
      .output("output0", "The part, where there is only one.")
      .num_outputs([](const void* p) { return static_cast<const SplitParam*>(p)->num_outputs; })
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<SplitParam>();
        if (!s.in[0].rank_known()) return;
        const int axis = normalize_axis(p.axis, s.in[0].ndim, s.op.name);
        const int64_t size = s.in[0][axis];
        MX_CHECK(size < 0 || size % p.num_outputs == 0, kValue, "[", s.op.name, "] axis ", axis, " of shape ", s.in[0],
                 " doesn't divide into ", p.num_outputs, " parts");
        Shape part = Shape::scalar();
        for (int i = 0; i < s.in[0].ndim; ++i) {
          if (i != axis)
            part.push_back(s.in[0][i]);
          else if (!p.squeeze_axis)
            part.push_back(size < 0 ? -1 : size / p.num_outputs);
        }
        MX_CHECK(!p.squeeze_axis || size < 0 || size == p.num_outputs, kValue, "[", s.op.name,
                 "] squeeze_axis needs parts of "
                 "size 1, but axis ",
                 axis, " of shape ", s.in[0], " has ", size, " for ", p.num_outputs, " parts");
        const bool of_one_axis = part.ndim == 0;
        if (of_one_axis) part.push_back(1);
        for (size_t i = 0; i < s.out.size(); ++i) s.set_output(i, part), unify(part, s.out[i]);
        if (of_one_axis) return;
        Shape whole = s.in[0];  // the parts know the other axes
        for (int i = 0, k = 0; i < whole.ndim; ++i)
          if (i != axis || !p.squeeze_axis) {
            const int64_t length = part[k++];
            whole[i] = i == axis && length >= 0 ? length * p.num_outputs : length;
          } else {
            whole[i] = p.num_outputs;
          }
        s.set_input(0, whole);
      })
      .channels_last({0}, {OpDef::kAll},
                     [](const void* p, const Shape&) { return !static_cast<const SplitParam*>(p)->squeeze_axis; })
      .portable_forward([](const OpContext& ctx) {
        separate(ctx.in[0], ctx.out, split_outer(ctx.in[0], ctx.as<SplitParam>().axis, ctx.op));
      })
      .gradient([](GradientContext& g) {
        std::vector<Value> heads;
        for (size_t i = 0; i < g.num_outputs(); ++i) heads.push_back(g.head(i));
        const auto& p = g.as<SplitParam>();
        if (p.squeeze_axis)
          return g.set(0, g.builder().call_all("stack", heads, StackParam{p.axis, p.num_outputs}).at(0));
        g.set(0, g.builder().call_all("Concat", heads, ConcatParam{p.num_outputs, p.axis}).at(0));
      });
}

MX_OPERATOR(_split_v2) {
  op.describe("The array split along an axis into so many parts, or where indices say.")
      .alias("_npi_split")
      .params<SplitV2Param>()
      .input("data", "The array.")
      .num_outputs([](const void* p) { return static_cast<const SplitV2Param*>(p)->count(); })
      .infer_shape(infer_split)
      .channels_last({0}, {OpDef::kAll},
                     [](const void* p, const Shape&) { return !static_cast<const SplitV2Param*>(p)->squeeze_axis; })
      .portable_forward([](const OpContext& ctx) {
        separate(ctx.in[0], ctx.out, split_outer(ctx.in[0], ctx.as<SplitV2Param>().axis, ctx.op));
      })
      .gradient([](GradientContext& g) {
        std::vector<Value> heads;
        for (size_t i = 0; i < g.num_outputs(); ++i) heads.push_back(g.head(i));
        const auto& p = g.as<SplitV2Param>();
        if (p.squeeze_axis) return g.set(0, g.builder().call_all("stack", heads, StackParam{p.axis, p.count()}).at(0));
        g.set(0, g.builder().call_all("Concat", heads, ConcatParam{p.count(), p.axis}).at(0));
      });
}

}  // namespace mx
