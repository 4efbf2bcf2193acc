// Operators that give the elements another shape.
#include <algorithm>

#include "like.h"
#include "mx/base/wished_shape.h"
#include "mx/op.h"
#include "mx/op/strided.h"
#include "times.h"

namespace mx {
namespace {

struct ReshapeParam {
  Shape shape = Shape::scalar();
  bool reverse = false;
  Shape target_shape = Shape::scalar();
  bool keep_highest = false;
  static void fields(auto& f) {
    f.add("shape", &ReshapeParam::shape,
          "The new shape. 0 keeps a dimension, -1 takes what is left, -2 keeps all that follow, -3 merges two, -4 "
          "splits one "
          "into the next two values.");
    f.add("reverse", &ReshapeParam::reverse, "Match the special values from the last axis on.");
    f.add("target_shape", &ReshapeParam::target_shape, "Deprecated: a shape in which one 0 is inferred.");
    f.add("keep_highest", &ReshapeParam::keep_highest, "Deprecated, with target_shape: keep the first dimension.");
  }
};

Shape resolve(const ReshapeParam& p, Shape in, std::string_view op) {
  std::vector<int64_t> codes(p.shape.begin(), p.shape.end());
  if (p.reverse) {
    // -4 a b reads backwards as b a -4.
    std::vector<int64_t> turned;
    for (size_t i = codes.size(); i-- > 0;) {
      if (i >= 2 && codes[i - 2] == -4) {
        turned.insert(turned.end(), {-4, codes[i], codes[i - 1]});
        i -= 2;
      } else {
        turned.push_back(codes[i]);
      }
    }
    codes = turned;
    std::reverse(in.dims, in.dims + in.ndim);
  }
  const auto fail = [&](const auto&... why) {
    raise(ErrorKind::kValue, "[", op, "] cannot reshape an array of shape ", in, " to ", p.shape, ": ", why...);
  };
  Shape out = Shape::scalar();
  int at = 0, open = -1;  // the source axis; the axis to infer
  const auto source = [&] {
    if (at >= in.ndim) fail("there is no dimension left to use");
    return in[at++];
  };
  const auto add = [&](int64_t dim) {
    if (dim == -1) {
      if (open >= 0) fail("only one dimension can be inferred");
      open = out.ndim;
    }
    out.push_back(dim);
  };
  bool unknown = false;
  for (size_t i = 0; i < codes.size(); ++i) {
    const int64_t code = codes[i];
    if (code == 0) {
      out.push_back(source());
    } else if (code == -1) {
      add(-1);
      ++at;
    } else if (code == -2) {
      while (at < in.ndim) out.push_back(in[at++]);
    } else if (code == -3) {
      const int64_t first = source();
      out.push_back(times(first, source(), op));
    } else if (code == -4) {
      if (i + 2 >= codes.size()) fail("-4 must be followed by two values");
      const int64_t whole = source();
      int64_t a = codes[i + 1], b = codes[i + 2];
      i += 2;
      if (a == -1 && b == -1) fail("only one of the two values after -4 may be -1");
      if (whole >= 0) {
        if (a == -1) a = b ? whole / b : 0;
        if (b == -1) b = a ? whole / a : 0;
        if (a * b != whole) fail(whole, " is not ", a, " times ", b);
      } else {
        unknown = true;
      }
      out.push_back(a);
      out.push_back(b);
    } else {
      if (code < 0) fail(code, " is no special value");
      out.push_back(code);
      ++at;
    }
  }
  for (int i = 0; i < out.ndim; ++i) unknown |= out[i] < 0 && i != open;
  if (open >= 0 && in.known() && !unknown) {
    int64_t rest = 1;
    for (int i = 0; i < out.ndim; ++i)
      if (i != open) rest *= out[i];
    if (rest == 0 || in.size() % rest) fail(in.size(), " elements don't divide by ", rest);
    out[open] = in.size() / rest;
  }
  if (p.reverse) std::reverse(out.dims, out.dims + out.ndim), std::reverse(in.dims, in.dims + in.ndim);
  if (in.known() && out.known() && in.size() != out.size())
    fail("that has ", out.size(), " elements instead of ", in.size());
  return out;
}

Shape resolve_target(const ReshapeParam& p, const Shape& in, std::string_view op) {
  Shape out = p.target_shape;
  int open = -1;
  if (p.keep_highest) out[0] = in[0];
  for (int i = p.keep_highest ? 1 : 0; i < out.ndim; ++i)
    if (out[i] == 0) open = i;
  if (!in.known()) {
    for (int i = 0; i < out.ndim; ++i)
      if (out[i] == 0) out[i] = -1;
    return out;
  }
  int64_t rest = 1;
  for (int i = 0; i < out.ndim; ++i)
    if (i != open) rest *= out[i];
  if (open >= 0 && rest > 0) out[open] = in.size() / rest;
  MX_CHECK(out.size() == in.size(), kValue, "[", op, "] cannot reshape an array of shape ", in, " to target_shape ",
           p.target_shape);
  return out;
}

// A single unknown length of the data follows from the number of elements.
void infer_missing_length(const InferShape& s) {
  const Shape &in = s.in[0], &out = s.out[0];
  if (!out.known()) return;
  int open = -1;
  int64_t rest = 1;
  for (int i = 0; i < in.ndim; ++i) {
    if (in[i] < 0 && open >= 0) return;
    if (in[i] < 0) open = i;
    if (in[i] >= 0) rest = times(rest, in[i], s.op.name);
  }
  if (open < 0 || rest == 0) return;
  MX_CHECK(out.size() % rest == 0, kValue, "[", s.op.name, "] cannot reshape an array of shape ", in, " to ", out, ": ",
           out.size(), " elements don't divide by ", rest);
  Shape whole = in;
  whole[open] = out.size() / rest;
  s.set_input(0, whole);
}

// The gradient has the elements of the head in the shape of the data.
void back_to_shape(GradientContext& g) { g.set(0, g.call("reshape_like", {g.head(), g.input(0)})); }

OpDef& reshaping(OpDef& op) {
  return op.input("data", "The array.").portable_forward(forward_copy).inplace(0, 0).gradient(back_to_shape);
}

struct AxisParam {
  int32_t axis = 0;
  static void fields(auto& f) {
    f.add("axis", &AxisParam::axis, "Where the new axis of size 1 goes; negative values count from the end.")
        .required();
  }
};

struct SqueezeParam {
  std::optional<Shape> axis;
  static void fields(auto& f) {
    f.add("axis", &SqueezeParam::axis, "The axis or axes to remove, each of size 1. None: all of size 1.");
  }
};

struct ReshapeLikeParam {
  std::optional<int32_t> lhs_begin, lhs_end, rhs_begin, rhs_end;
  static void fields(auto& f) {
    f.add("lhs_begin", &ReshapeLikeParam::lhs_begin, "First axis of lhs to replace. None: 0.");
    f.add("lhs_end", &ReshapeLikeParam::lhs_end, "Axis of lhs after the last one to replace. None: all that follow.");
    f.add("rhs_begin", &ReshapeLikeParam::rhs_begin, "First axis of rhs to take. None: 0.");
    f.add("rhs_end", &ReshapeLikeParam::rhs_end, "Axis of rhs after the last one to take. None: all that follow.");
  }
};

int bound(std::optional<int32_t> value, int otherwise, int ndim) {
  const int at = value ? (*value < 0 ? *value + ndim : *value) : otherwise;
  MX_CHECK(at >= 0 && at <= ndim, kValue, "[reshape_like] axis ", *value, " is out of range for ", ndim, " dimensions");
  return at;
}

}  // namespace

MX_OPERATOR(Reshape) {
  reshaping(op)
      .alias("reshape")
      .params<ReshapeParam>()
      .describe("The same elements, in the same order, in another shape.")
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<ReshapeParam>();
        if (!s.in[0].rank_known()) return;
        if (p.shape.ndim > 0) {
          s.set_output(0, resolve(p, s.in[0], s.op.name));
          return infer_missing_length(s);
        }
        if (numpy_shapes() && p.target_shape.ndim == 0) {
          MX_CHECK(!s.in[0].known() || s.in[0].size() == 1, kValue, "[Reshape] cannot reshape an array of shape ",
                   s.in[0], " to ()");
          return s.set_output(0, Shape::scalar());
        }
        MX_CHECK(p.target_shape.ndim > 0, kValue, "[Reshape] shape is empty; give the new shape");
        s.set_output(0, resolve_target(p, s.in[0], s.op.name));
      });
}

MX_OPERATOR(Flatten) {
  reshaping(op)
      .alias("flatten")
      .describe("A matrix with a row per element of the first axis.")
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known()) return;
        Shape out = {s.in[0].ndim ? s.in[0][0] : 1, 1};
        for (int i = 1; i < s.in[0].ndim; ++i) out[1] = times(out[1], s.in[0][i], s.op.name);
        s.set_output(0, out);
        if (s.out[0].ndim == 2 && s.in[0].ndim && s.in[0][0] < 0) s.in[0][0] = s.out[0][0];
      });
}

MX_OPERATOR(expand_dims) {
  reshaping(op)
      .params<AxisParam>()
      .describe("The array with a new axis of size 1.")
      .infer_shape([](const InferShape& s) {
        if (const Shape& whole = s.out[0]; whole.rank_known() && !s.in[0].known()) {
          const int axis = normalize_axis(s.as<AxisParam>().axis, whole.ndim, s.op.name);
          Shape in = whole.slice(0, axis);
          for (int i = axis + 1; i < whole.ndim; ++i) in.push_back(whole[i]);
          s.set_input(0, in);
        }
        if (!s.in[0].rank_known()) return;
        const int axis = normalize_axis(s.as<AxisParam>().axis, s.in[0].ndim + 1, s.op.name);
        Shape out = s.in[0].slice(0, axis);
        out.push_back(1);
        for (int i = axis; i < s.in[0].ndim; ++i) out.push_back(s.in[0][i]);
        s.set_output(0, out);
      });
}

MX_OPERATOR(squeeze) {
  reshaping(op)
      .params<SqueezeParam>()
      .describe("The array without axes of size 1.")
      .infer_shape([](const InferShape& s) {
        const Shape& in = s.in[0];
        const auto& axes = s.as<SqueezeParam>().axis;
        if (!in.rank_known() || (!axes && !in.known())) return;
        unsigned gone = 0;
        if (axes)
          for (int64_t a : *axes) {
            const unsigned bit = 1u << normalize_axis(a, in.ndim, s.op.name);
            MX_CHECK(!(gone & bit), kValue, "[squeeze] axis ", a, " is given twice; leave one out");
            gone |= bit;
          }
        Shape out = Shape::scalar();
        for (int i = 0; i < in.ndim; ++i) {
          const bool named = gone >> i & 1;
          MX_CHECK(!named || in[i] == 1 || in[i] < 0, kValue, "[squeeze] axis ", i, " of shape ", in, " has size ",
                   in[i], "; only axes of size 1 can be removed");
          if (!named && (axes || in[i] != 1)) out.push_back(in[i]);
        }
        if (out.ndim == 0) out.push_back(1);
        s.set_output(0, out);
      });
}

MX_OPERATOR(reshape_like) {
  op.describe("The elements of lhs in the shape of rhs, or with some axes replaced by axes of rhs.")
      .input("lhs", "The array.")
      .input("rhs", "The array whose shape is taken.")
      .params<ReshapeLikeParam>()
      .portable_forward(forward_copy)
      .inplace(0, 0)
      .infer_shape([](const InferShape& s) {
        const auto& p = s.as<ReshapeLikeParam>();
        const Shape &l = s.in[0], &r = s.in[1];
        const bool whole = !p.lhs_begin && !p.lhs_end && !p.rhs_begin && !p.rhs_end;
        if (whole) s.same(1, 0);
        if (!l.rank_known() || !r.rank_known()) return;
        Shape out = l.slice(0, bound(p.lhs_begin, 0, l.ndim));
        for (int i = bound(p.rhs_begin, 0, r.ndim); i < bound(p.rhs_end, r.ndim, r.ndim); ++i) out.push_back(r[i]);
        for (int i = bound(p.lhs_end, l.ndim, l.ndim); i < l.ndim; ++i) out.push_back(l[i]);
        MX_CHECK(!out.known() || !l.known() || out.size() == l.size(), kValue, "[reshape_like] lhs of shape ", l,
                 " doesn't have the elements of shape ", out);
        s.set_output(0, out);
      })
      .infer_dtype(infer_dtype_like)
      .gradient([](GradientContext& g) {
        g.set(0, g.call("reshape_like", {g.head(), g.input(0)}));
        g.set(1, g.zeros_like(g.input(1)));
      });
}

}  // namespace mx
