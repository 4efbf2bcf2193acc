#include "mx/base/shape.h"
#include "mx/op.h"
#include "op/shape/take_axis.h"

namespace mx {

enum class PadMode : int32_t { kConstant, kEdge, kReflect };

// For kernels of devices.
struct PadGeometry {
  int64_t n;       // elements of the result
  uint64_t value;  // the bytes of the constant
  PadMode mode;
  int32_t ndim;  // neighbours without a border are one axis
  int64_t before[kMaxNdim], size[kMaxNdim], padded[kMaxNdim];
};
struct PadTaken : PadGeometry {
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    bool inside = true;
    int64_t from = 0, step = 1;
    N rest = i;
    for (int k = ndim - 1; k >= 0; --k) {
      const int64_t last = size[k] - 1;
      int64_t at = take_axis(rest, padded[k]) - before[k];
      if (mode == PadMode::kEdge) at = at < 0 ? 0 : at > last ? last : at;
      if (mode == PadMode::kReflect) at = at < 0 ? -at : at > last ? 2 * last - at : at;
      inside = inside && at >= 0 && at <= last;
      from += at * step, step *= size[k];
    }
    a.to(0)[i] = inside ? a.from(0)[from] : a.word(value);
  }
};
// Every element of the data collects from where it went.
struct PadSum : PadGeometry {
  // How many places of the padded axis one of the data may be found at, and the c-th of them; -1: not there after all.
  MX_XPU int64_t count(int k, int64_t at) const {
    if (mode == PadMode::kEdge) return last_place(k, at) - first_place(k, at) + 1;
    return mode == PadMode::kReflect && padded[k] != size[k] ? 3 : 1;
  }
  MX_XPU int64_t place(int k, int64_t at, int64_t c) const {
    const int64_t last = size[k] - 1;
    int64_t found = at + before[k];
    if (mode == PadMode::kEdge) return first_place(k, at) + c;
    if (mode == PadMode::kReflect && padded[k] != size[k]) {
      if (c == 0) found = at > 0 ? before[k] - at : -1;
      if (c == 2) found = at < last ? before[k] + 2 * last - at : -1;
    }
    return found < padded[k] ? found : -1;
  }
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    int64_t combinations = 1;
    N rest = i;
    for (int k = ndim - 1; k >= 0; --k) {
      const int64_t each = count(k, take_axis(rest, size[k]));
      combinations *= each > 0 ? each : 0;
    }
    T sum = 0;
    for (int64_t c = 0; c < combinations; ++c) {
      bool met = true;
      int64_t left = c, from = 0, step = 1;
      rest = i;
      for (int k = ndim - 1; k >= 0; --k) {
        const int64_t at = take_axis(rest, size[k]), each = count(k, at), found = place(k, at, left % each);
        met = met && found >= 0;
        from += found * step, step *= padded[k], left /= each;
      }
      if (met) sum += a.read(0, from);
    }
    a.write(0, i, sum);
  }

 private:
  // Of the places that an element at the edge fills.
  MX_XPU int64_t first_place(int k, int64_t at) const {
    const int64_t own = at == 0 ? 0 : at + before[k];
    return own < 0 ? 0 : own;
  }
  MX_XPU int64_t last_place(int k, int64_t at) const {
    const int64_t own = at == size[k] - 1 ? padded[k] - 1 : at + before[k];
    return own < padded[k] ? own : padded[k] - 1;
  }
};

}  // namespace mx

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"
MX_DEVICE_KERNELS(pad_taken, Each<PadTaken>, uint8_t, float16, int32_t, int64_t)
MX_DEVICE_KERNELS(pad_sum, Each<PadSum>, float, double, int32_t, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <cstring>
#include <vector>

#include "device/dense.h"
#include "engine/threads.h"
#include "op/shape/sums.h"

namespace mx {
namespace {

struct PadParam {
  PadMode mode = PadMode::kConstant;
  Shape pad_width = Shape::scalar();
  double constant_value = 0;
  static void fields(auto& f) {
    f.add("mode", &PadParam::mode,
          "What stands around the array: one value (constant), the nearest element (edge), or the elements mirrored "
          "at the edge (reflect).")
        .names({"constant", "edge", "reflect"})
        .required();
    f.add("pad_width", &PadParam::pad_width, "(before, after) for every axis, one behind the other.").required();
    f.add("constant_value", &PadParam::constant_value, "The value that stands around, in mode constant.");
  }
};

void infer_shape(const InferShape& s) {
  const auto& p = s.as<PadParam>();
  const Shape &data = s.in[0], &width = p.pad_width;
  if (!data.rank_known()) return;
  MX_CHECK(width.ndim == 2 * data.ndim, kValue, "[Pad] pad_width ", width, " must have two values for each of the ",
           data.ndim, " axes of data ", data);
  Shape out = data;
  for (int i = 0; i < data.ndim; ++i) {
    if (data[i] < 0) continue;
    const int64_t before = width[2 * i], after = width[2 * i + 1];
    out[i] = data[i] + before + after;
    MX_CHECK(out[i] >= 0, kValue, "[Pad] pad_width ", width, " takes away more of axis ", i, " than data ", data,
             " has");
    MX_CHECK(p.mode != PadMode::kReflect || std::max(before, after) < std::max<int64_t>(data[i], 1), kValue,
             "[Pad] reflect needs pad_width ", width, " to be less than the size of each axis of data ", data);
    MX_CHECK(p.mode != PadMode::kEdge || data[i] > 0 || out[i] == 0, kValue, "[Pad] axis ", i, " of data ", data,
             " has no element at the edge");
  }
  s.set_output(0, out);
}

// For every index along an axis of the padded array, the one in the data; -1: the constant.
using Source = std::vector<int64_t>;
Source source_of(const PadParam& p, int axis, int64_t n, int64_t padded) {
  Source source(static_cast<size_t>(padded));
  for (int64_t o = 0; o < padded; ++o) {
    int64_t i = o - p.pad_width[2 * axis];
    if (p.mode == PadMode::kConstant) {
      if (i >= n) i = -1;
    } else if (p.mode == PadMode::kEdge) {
      i = std::clamp<int64_t>(i, 0, n - 1);
    } else {
      i = i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i;
    }
    source[static_cast<size_t>(o)] = i < 0 ? -1 : i;
  }
  return source;
}

PadGeometry geometry(const PadParam& p, const Shape& data, const Shape& padded, int64_t n) {
  PadGeometry g{n, 0, p.mode, 0, {}, {}, {}};
  bool merges = false;  // with the axis before
  for (int i = 0; i < data.ndim; ++i) {
    const bool bare = p.pad_width[2 * i] == 0 && p.pad_width[2 * i + 1] == 0;
    if (bare && merges) {
      g.size[g.ndim - 1] *= data[i], g.padded[g.ndim - 1] *= data[i];
    } else {
      g.before[g.ndim] = p.pad_width[2 * i], g.size[g.ndim] = data[i], g.padded[g.ndim++] = padded[i];
    }
    merges = bare;
  }
  return g;
}

// The rows (last axes) of the padded array, each with its row of the data.
class Rows {
 public:
  Rows(const PadParam& p, const Shape& data, const Shape& padded) : data_(data), padded_(padded) {
    for (int i = 0; i < data.ndim; ++i) sources_.push_back(source_of(p, i, data[i], padded[i]));
    const int64_t before = p.pad_width[2 * data.ndim - 2];
    from = std::max<int64_t>(0, before), to = std::min<int64_t>(padded.back(), before + data.back());
    if (to < from) to = from;
  }
  // Which row of the data a row of the padded array comes from; -1: the constant.
  int64_t row(int64_t padded_row) const {
    int64_t row = 0, stride = 1;
    for (int i = data_.ndim - 2; i >= 0; --i) {
      const int64_t at = sources_[static_cast<size_t>(i)][static_cast<size_t>(padded_row % padded_[i])];
      if (at < 0) return -1;
      padded_row /= padded_[i];
      row += at * stride, stride *= data_[i];
    }
    return row;
  }
  int64_t column(int64_t padded_column) const { return sources_.back()[static_cast<size_t>(padded_column)]; }
  // Rows that come before the first axis that is padded can be worked on side by side, in so many blocks.
  int64_t blocks() const {
    int64_t n = 1;
    for (int i = 0; i < data_.ndim - 1 && data_[i] == padded_[i]; ++i) n *= data_[i];
    return n;
  }

  int64_t from, to;  // the columns of the padded array between which the data lies as it is

 private:
  const Shape &data_, &padded_;
  std::vector<Source> sources_;
};

template <class Word>
void pad_words(const Rows& rows, const Tensor& data, const Tensor& out, const void* value) {
  const Word word = *static_cast<const Word*>(value), *const x = data.as<Word>();
  Word* const y = out.as<Word>();
  const int64_t n = data.shape.back(), padded = out.shape.back();
  engine::parallel_for(out.size() / padded, kGrain / padded + 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      Word* const to = y + r * padded;
      const int64_t row = rows.row(r);
      if (row < 0) {
        std::fill_n(to, padded, word);
        continue;
      }
      const Word* const from = x + row * n;
      const auto edge = [&](int64_t first, int64_t last) {
        for (int64_t i = first; i < last; ++i) to[i] = rows.column(i) < 0 ? word : from[rows.column(i)];
      };
      edge(0, rows.from);
      if (rows.from < rows.to) std::copy_n(from + rows.column(rows.from), rows.to - rows.from, to + rows.from);
      edge(rows.to, padded);
    }
  });
}

void forward(const OpContext& ctx) {
  const auto& p = ctx.as<PadParam>();
  const Tensor &data = ctx.in[0], &out = ctx.out[0];
  if (out.size() == 0) return;
  alignas(8) char value[8] = {};
  convert(&p.constant_value, DType::kFloat64, value, out.dtype, 1);
  if (device::current()) {
    PadTaken taken{geometry(p, data.shape, out.shape, out.size())};
    std::memcpy(&taken.value, value, sizeof taken.value);
    return device::run_dense("pad_taken", device::word_of(out.dtype), {data}, {out}, &taken);
  }
  const Rows rows(p, data.shape, out.shape);
  switch (size_of(out.dtype)) {
    case 1:
      return pad_words<uint8_t>(rows, data, out, value);
    case 2:
      return pad_words<uint16_t>(rows, data, out, value);
    case 4:
      return pad_words<uint32_t>(rows, data, out, value);
    default:
      return pad_words<uint64_t>(rows, data, out, value);
  }
}

void backward(const OpContext& ctx) {
  const Tensor &head = ctx.in[0], &out = ctx.out[0];
  if (out.size() == 0) return;
  if (head.size() == 0) return fill_zeros(out);
  if (device::current()) {
    const PadSum sum{geometry(ctx.as<PadParam>(), out.shape, head.shape, out.size())};
    return device::run_dense("pad_sum", get_kernel("add").lane(out.dtype), {head}, {out}, &sum);
  }
  const Rows rows(ctx.as<PadParam>(), out.shape, head.shape);
  const int64_t n = out.shape.back(), padded = head.shape.back();
  const int64_t blocks = rows.blocks(), block = head.size() / padded / blocks;
  sum_into(ctx, head, out, [&](const auto* dy, auto* dx) {
    engine::parallel_for(blocks, kGrain / (block * padded) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin * block; r < end * block; ++r) {
        const int64_t row = rows.row(r);
        if (row < 0) continue;
        const auto* const from = dy + r * padded;
        auto* const to = dx + row * n;
        const auto edge = [&](int64_t first, int64_t last) {
          for (int64_t i = first; i < last; ++i)
            if (rows.column(i) >= 0) to[rows.column(i)] += from[i];
        };
        edge(0, rows.from);
        if (rows.from < rows.to) {
          auto* const middle = to + rows.column(rows.from) - rows.from;
          for (int64_t i = rows.from; i < rows.to; ++i) middle[i] += from[i];
        }
        edge(rows.to, padded);
      }
    });
  });
}

}  // namespace

MX_OPERATOR(Pad) {
  op.describe("The array with a border around it. A negative width takes elements away.")
      .alias("pad")
      .input("data", "The array.")
      .params<PadParam>()
      .infer_shape(infer_shape)
      .portable_forward(forward)
      .gradient([](GradientContext& g) { g.set(0, g.call_same("_backward_Pad", {g.head(), g.input(0)}).at(0)); });
}

MX_OPERATOR(_backward_Pad) {
  op.describe("The gradient of Pad.")
      .input("head", "The gradient of the result.")
      .input("data", "Only its shape matters.")
      .params<PadParam>()
      .reads([](const void*, size_t input) { return input == 0; })
      .infer_shape([](const InferShape& s) { s.same(1, 0); })
      .portable_forward(backward)
      .gradient([](GradientContext& g) {
        PadParam p = g.as<PadParam>();
        p.constant_value = 0;
        if (g.wants(0)) g.set(0, g.call("Pad", {g.head()}, p));
        if (g.wants(1)) g.set(1, g.zeros_like(g.input(1)));
      });
}

}  // namespace mx
#endif
