// The driver of elementwise operators: iteration, broadcasting, dtype lanes, threads and streaming stores around the
// loops of a kernel.
#include "mx/op/elementwise.h"

#include <algorithm>
#include <cstring>
#include <variant>

#include "device/blocks.h"
#include "engine/threads.h"
#include "mx/op/stream.h"
#include "op/streamed.h"

namespace mx {
namespace {

constexpr int kMaxInputs = 6, kMaxOutputs = 5;  // those of an optimizer with three states and a float32 weight
constexpr int64_t kShortRow = 32;               // rows shorter than this are gathered into blocks
constexpr int64_t kPiece = kLaneBlock / 8;      // elements at a time where an output is streamed, from several places
constexpr int64_t kApart = 4096;                // in turn, so many bytes of an output apart, or
constexpr int64_t kStretch = 8192;              // up to so many elements of a row,
constexpr int64_t kShortStretch = 256;          // no fewer than so many

struct Operand {
  char* data;
  DType dtype;
  int64_t size;               // of an element
  Loop convert = nullptr;     // between its dtype and the lane
  bool flat = false;          // an input: contiguous over the whole output
  bool single = false;        // an input: one value for the whole output
  bool periodic = false;      // an input: the same for every row of the output
  bool streams = false;       // an output: written past the caches
  int64_t strides[kMaxNdim];  // in elements, per collapsed axis

  Operand() = default;
  Operand(const Tensor& t) : data(t.as<char>()), dtype(t.dtype), size(static_cast<int64_t>(size_of(t.dtype))) {}
};

// Inputs that are as long as the output or one value, all in a dtype that has a loop.
class FlatRun {
 public:
  FlatRun(const Kernel& kernel, std::span<const Tensor> in, std::span<const Tensor> out, const void* params)
      : loop_(kernel.loop(out[0].dtype)), in_(in), out_(out), size_(out[0].size()) {
    args_.params = params;
    usable_ = loop_ != nullptr;
    for (const Tensor& t : out) usable_ &= t.dtype == out[0].dtype && !worth_streaming(t.data, bytes(size_));
    for (size_t i = 0; i < in.size(); ++i) {
      const int64_t size = in[i].size();
      usable_ &= in[i].dtype == out[0].dtype && (size == size_ || size == 1);
      if (size == 1) args_.scalars |= 1u << i;
    }
  }
  bool usable() const { return usable_; }
  bool streams() const { return false; }

  int64_t size() const { return size_; }

  void range(int64_t begin, int64_t end) const {
    const void* in[kMaxInputs];
    void* out[kMaxOutputs];
    for (size_t i = 0; i < in_.size(); ++i) in[i] = in_[i].as<char>() + (args_.scalars >> i & 1 ? 0 : bytes(begin));
    for (size_t i = 0; i < out_.size(); ++i) out[i] = out_[i].as<char>() + bytes(begin);
    loop_(out, in, end - begin, args_);
  }

 private:
  int64_t bytes(int64_t n) const { return n * static_cast<int64_t>(size_of(out_[0].dtype)); }

  Loop loop_;
  std::span<const Tensor> in_, out_;
  int64_t size_;
  LoopArgs args_;
  bool usable_;
};

// Everything else: broadcasting, other dtypes, outputs that are streamed. Works in blocks that stay in the first cache.
class BlockRun {
 public:
  BlockRun(const Kernel& kernel, std::span<const Tensor> in, std::span<const Tensor> out, const void* params)
      : lane_(kernel.lane(out[0].dtype)), loop_(kernel.loop(lane_)), num_in_(in.size()), num_out_(out.size()) {
    args_.params = params;
    lane_size_ = static_cast<int64_t>(size_of(lane_));
    for (size_t i = 0; i < num_out_; ++i) {
      Operand& y = out_[i] = out[i];
      if (y.dtype != lane_) y.convert = conversion(lane_, y.dtype);
      y.streams = worth_streaming(y.data, static_cast<int64_t>(out[i].bytes()));
      for (const Tensor& x : in) y.streams &= x.data != y.data;  // memory that is read is in the caches anyway
      staged_ |= y.convert || y.streams;
      streams_ |= y.streams;
    }
    for (size_t i = 0; i < num_in_; ++i) {
      Operand& x = in_[i] = in[i];
      if (x.dtype != lane_) x.convert = conversion(x.dtype, lane_), staged_ = true;
    }
    collapse(in, out[0].shape);
    size_ = out[0].size();
    row_ = dims_[ndim_ - 1];
    gather_ = ndim_ > 1 && row_ < kShortRow;
    plain_ = !gather_ && num_out_ == 1 && !out_[0].convert;
    row_args_ = args_;
    for (size_t i = 0; i < num_in_; ++i) {
      plain_ &= !in_[i].convert;
      if (in_[i].single || in_[i].strides[ndim_ - 1] == 0) row_args_.scalars |= 1u << i;
    }
    const int64_t parts = (row_ + kStretch - 1) / kStretch, page = kApart / out_[0].size;
    stretch_ = row_ >= 4 * kStretch ? page : ((row_ + parts - 1) / parts + 15) / 16 * 16;
    if (streams_ && plain_ && stretch_ >= kShortStretch)
      streamed_ = find_loop(str(kernel.name(), "_streamed").c_str(), lane_);
  }

  int64_t size() const { return size_; }
  bool streams() const { return streams_; }

  void range(int64_t begin, int64_t end) const {
    Rows rows;
    if (streamed_) return stretches(begin, end);
    const int64_t limit = streams_ ? kPiece : staged_ || gather_ ? kLaneBlock : end - begin;
    if (gather_) repeat(rows, end - begin < limit ? end - begin : limit);
    if (!streams_) {
      Position p = position(begin);
      for (int64_t i = begin; i < end; i += limit) piece(p, i, end - i < limit ? end - i : limit, rows);
      return;
    }
    // Each place has its page: the processor's prefetching ends there, and memory gives more to several of them.
    const int64_t apart = kApart / out_[0].size;
    for (; begin < end; begin += kPlaces * apart) {
      const int64_t last = end - begin < kPlaces * apart ? end : begin + kPlaces * apart;
      Position p[kPlaces];
      for (int64_t place = 0, i = begin; i < last; ++place, i += apart) p[place] = position(i);
      for (int64_t at = 0; at < apart; at += limit)
        for (int64_t place = 0, i = begin + at; i < last; ++place, i += apart)
          if (const int64_t n = last - i < limit ? last - i : limit; plain_)
            plain_piece(p[place], i, n);
          else
            piece(p[place], i, n, rows);
    }
    end_stream();
  }

 private:
  // Where a row of the output begins in each input, and how far the work is in the row.
  struct Position {
    int64_t column, index[kMaxNdim], at[kMaxInputs];
  };

  struct Rows {
    alignas(64) char repeated[kMaxInputs][(kLaneBlock + kShortRow) * 8];
  };

  // Merges neighbouring axes along which every input advances alike, and drops axes of size 1.
  void collapse(std::span<const Tensor> in, const Shape& shape) {
    int64_t step[kMaxInputs];
    for (size_t i = 0; i < num_in_; ++i) step[i] = 1;
    int64_t dims[kMaxNdim], strides[kMaxInputs][kMaxNdim];  // innermost first
    int n = 0;
    for (int back = 1; back <= shape.ndim; ++back) {
      const int64_t dim = shape[shape.ndim - back];
      if (dim == 1) continue;
      int64_t here[kMaxInputs];
      bool merges = n > 0;
      for (size_t i = 0; i < num_in_; ++i) {
        const Shape& s = in[i].shape;
        const bool repeats = back > s.ndim || s[s.ndim - back] == 1;
        here[i] = repeats ? 0 : step[i];
        if (!repeats) step[i] *= dim;
        merges = merges && here[i] == strides[i][n - 1] * dims[n - 1];
      }
      if (merges) {
        dims[n - 1] *= dim;
        continue;
      }
      dims[n] = dim;
      for (size_t i = 0; i < num_in_; ++i) strides[i][n] = here[i];
      ++n;
    }
    if (n == 0) {
      dims[n] = 1;
      for (size_t i = 0; i < num_in_; ++i) strides[i][n] = 0;
      ++n;
    }
    ndim_ = n;
    for (int axis = 0; axis < n; ++axis) {
      dims_[axis] = dims[n - 1 - axis];
      for (size_t i = 0; i < num_in_; ++i) in_[i].strides[axis] = strides[i][n - 1 - axis];
    }
    for (size_t i = 0; i < num_in_; ++i) {
      in_[i].single = true;
      for (int axis = 0; axis < n; ++axis) in_[i].single &= in_[i].strides[axis] == 0;
      in_[i].flat = !in_[i].single && in[i].size() == shape.size();
      if (n == 1) in_[i].flat = !in_[i].single;
      in_[i].periodic = n > 1 && in_[i].strides[n - 1] == 1;
      for (int axis = 0; axis + 1 < n; ++axis) in_[i].periodic &= in_[i].strides[axis] == 0;
    }
  }

  Position position(int64_t i) const {
    Position p{.column = i % row_};
    i /= row_;
    for (size_t k = 0; k < num_in_; ++k) p.at[k] = 0;
    for (int axis = ndim_ - 2; axis >= 0; --axis) {
      p.index[axis] = i % dims_[axis];
      for (size_t k = 0; k < num_in_; ++k) p.at[k] += p.index[axis] * in_[k].strides[axis];
      i /= dims_[axis];
    }
    return p;
  }
  void next_row(Position& p) const {
    p.column = 0;
    for (int axis = ndim_ - 2; axis >= 0; --axis) {
      const bool wraps = ++p.index[axis] == dims_[axis];
      const int64_t steps = wraps ? 1 - dims_[axis] : 1;
      for (size_t k = 0; k < num_in_; ++k) p.at[k] += steps * in_[k].strides[axis];
      if (!wraps) return;
      p.index[axis] = 0;
    }
  }

  // n elements from `begin` on, with p there; p moves on.
  void piece(Position& p, int64_t begin, int64_t n, const Rows& rows) const {
    alignas(64) char results[kMaxOutputs][kLaneBlock * 8];  // only touched where used
    char* to[kMaxOutputs];
    for (size_t k = 0; k < num_out_; ++k)
      to[k] = out_[k].convert || out_[k].streams ? results[k] : out_[k].data + begin * out_[k].size;
    if (gather_) {
      gathered(p, begin, n, to, rows);
    } else {
      for (int64_t done = 0; done < n;) {
        const int64_t left = row_ - p.column, count = left < n - done ? left : n - done;
        segment(p, begin + done, count, to, done);
        done += count;
        p.column += count;
        if (p.column == row_) next_row(p);
      }
    }
    for (size_t k = 0; k < num_out_; ++k) finish(out_[k], begin, n, to[k]);
  }

  // Where a stretch of a row begins, and how many elements of it are left.
  struct Stretch {
    char* out;
    const char* in[kMaxInputs];
    int64_t left;
  };

  // The output is streamed, nothing is converted and nothing gathered: from registers, as far as several stretches go.
  void stretches(int64_t begin, int64_t end) const {
    const int64_t size = out_[0].size, line = 64 / size;
    for (Position p = position(begin); begin < end;) {
      Stretch all[kPlaces];
      int count = 0;
      int64_t lines = stretch_;
      for (; count < kPlaces && begin < end; ++count) {
        Stretch& s = all[count];
        s.left = std::min({stretch_ - p.column % stretch_, row_ - p.column, end - begin});
        s.out = out_[0].data + begin * size;
        for (size_t k = 0; k < num_in_; ++k) {
          const int64_t at = in_[k].flat ? begin : p.at[k] + (row_args_.scalars >> k & 1 ? 0 : p.column);
          s.in[k] = in_[k].data + at * in_[k].size;
        }
        begin += s.left;
        p.column += s.left;
        if (p.column == row_) next_row(p);
        staged(s, std::min(s.left, (-reinterpret_cast<int64_t>(s.out) & 63) / size));
        lines = std::min(lines, s.left / line);
      }
      if (count == kPlaces && lines > 0) {
        void* out[kPlaces];
        const void* in[kMaxInputs * kPlaces];
        for (int place = 0; place < kPlaces; ++place) {
          out[place] = all[place].out;
          for (size_t k = 0; k < num_in_; ++k) in[k * kPlaces + place] = all[place].in[k];
        }
        streamed_(out, in, lines * line, row_args_);
        for (Stretch& s : all) advance(s, lines * line);
      }
      for (int place = 0; place < count; ++place)
        while (all[place].left > 0) staged(all[place], std::min(all[place].left, kPiece));
    }
    end_stream();
  }
  void advance(Stretch& s, int64_t n) const {
    s.left -= n, s.out += n * out_[0].size;
    for (size_t k = 0; k < num_in_; ++k) s.in[k] += row_args_.scalars >> k & 1 ? 0 : n * in_[k].size;
  }
  // The next n <= kPiece elements by way of the first cache.
  void staged(Stretch& s, int64_t n) const {
    if (n == 0) return;
    alignas(64) char results[kPiece * 8];
    const void* in[kMaxInputs];
    for (size_t k = 0; k < num_in_; ++k) in[k] = s.in[k];
    void* to = results;
    loop_(&to, in, n, row_args_);
    stream(s.out, results, n * out_[0].size);
    advance(s, n);
  }

  // The same as piece(), where the output is streamed, nothing is converted and nothing gathered.
  void plain_piece(Position& p, int64_t begin, int64_t n) const {
    alignas(64) char results[kPiece * 8];
    const void* in[kMaxInputs];
    for (int64_t done = 0; done < n;) {
      const int64_t left = row_ - p.column, count = left < n - done ? left : n - done;
      for (size_t k = 0; k < num_in_; ++k) {
        const int64_t at = in_[k].flat ? begin + done : p.at[k] + (row_args_.scalars >> k & 1 ? 0 : p.column);
        in[k] = in_[k].data + at * in_[k].size;
      }
      void* to = results + done * out_[0].size;
      loop_(&to, in, count, row_args_);
      done += count;
      p.column += count;
      if (p.column == row_) next_row(p);
    }
    stream(out_[0].data + begin * out_[0].size, results, n * out_[0].size);
  }

  // n elements of one row.
  void segment(const Position& p, int64_t begin, int64_t n, char* const* to, int64_t done) const {
    alignas(64) char lanes[kMaxInputs][kLaneBlock * 8];
    const void* in[kMaxInputs];
    for (size_t k = 0; k < num_in_; ++k) {
      const Operand& x = in_[k];
      const bool single = row_args_.scalars >> k & 1;
      in[k] = x.data + (x.flat ? begin : p.at[k] + (single ? 0 : p.column)) * x.size;
      if (x.convert) in[k] = converted(x, in[k], single ? 1 : n, lanes[k]);
    }
    call(in, n, to, done, row_args_);
  }

  // n elements of many short rows, which are brought together first. `rows` holds the periodic ones.
  void gathered(Position& p, int64_t begin, int64_t n, char* const* to, const Rows& rows) const {
    alignas(64) char lanes[kMaxInputs][kLaneBlock * 8 + 64], words[kLaneBlock * 8 + 64];
    const void* in[kMaxInputs];
    LoopArgs args = args_;
    Position end = p;
    end.column = (p.column + n) % row_;  // enough where nothing is collected
    for (size_t k = 0; k < num_in_; ++k) {
      const Operand& x = in_[k];
      if (x.single) args.scalars |= 1u << k;
      if (x.single || x.flat) {
        in[k] = x.data + (x.flat ? begin * x.size : 0);
      } else if (x.periodic) {
        in[k] = rows.repeated[k] + p.column * (x.convert ? lane_size_ : x.size);
        continue;
      } else {
        in[k] = x.convert ? words : lanes[k];
        end = p;
        collect(k, end, n, x.convert ? words : lanes[k]);
      }
      if (x.convert) in[k] = converted(x, in[k], x.single ? 1 : n, lanes[k]);
    }
    p = end;
    call(in, n, to, 0, args);
  }

  // Repeats the rows of periodic inputs, in the dtype of the lane, so that any n <= `most` elements stand in a row.
  void repeat(Rows& rows, int64_t most) const {
    for (size_t k = 0; k < num_in_; ++k) {
      const Operand& x = in_[k];
      if (!x.periodic) continue;
      char* const to = rows.repeated[k];
      const int64_t size = x.convert ? lane_size_ : x.size, bytes = (most + row_) * size;
      const void* row = x.data;
      if (x.convert)
        converted(x, row, row_, to);
      else
        std::memcpy(to, row, static_cast<size_t>(row_ * size));
      for (int64_t done = row_ * size; done < bytes; done *= 2)
        std::memcpy(to + done, to, static_cast<size_t>(std::min(done, bytes - done)));
    }
  }

  static const void* converted(const Operand& x, const void* from, int64_t n, void* to) {
    x.convert(&to, &from, n, LoopArgs{});
    return to;
  }
  void call(const void* const* in, int64_t n, char* const* to, int64_t done, const LoopArgs& args) const {
    void* out[kMaxOutputs];
    for (size_t k = 0; k < num_out_; ++k) out[k] = to[k] + done * (out_[k].convert ? lane_size_ : out_[k].size);
    loop_(out, in, n, args);
  }
  // Brings n results to their place.
  void finish(const Operand& y, int64_t begin, int64_t n, const void* from) const {
    alignas(64) char block[kLaneBlock * 8];
    char* const place = y.data + begin * y.size;
    if (y.convert) {
      void* to = y.streams ? block : place;
      y.convert(&to, &from, n, LoopArgs{});
      from = to;
    }
    if (y.streams) stream(place, from, n * y.size);
  }

  void collect(size_t k, Position& p, int64_t n, char* to) const {
    switch (in_[k].size) {
      case 1:
        return collect_as<uint8_t>(k, p, n, to);
      case 2:
        return collect_as<uint16_t>(k, p, n, to);
      case 4:
        return collect_as<uint32_t>(k, p, n, to);
      default:
        return collect_as<uint64_t>(k, p, n, to);
    }
  }
  template <class Word>
  void collect_as(size_t k, Position& p, int64_t n, char* bytes) const {
    const Operand& x = in_[k];
    const int64_t stride = x.strides[ndim_ - 1], step = x.strides[ndim_ - 2];
    Word* to = reinterpret_cast<Word*>(bytes);
    for (int64_t left = n; left > 0;) {
      const Word* from = reinterpret_cast<const Word*>(x.data) + p.at[k] + p.column * stride;
      if (p.column > 0 || left < row_) {  // a part of a row
        const int64_t count = row_ - p.column < left ? row_ - p.column : left;
        for (int64_t j = 0; j < count; ++j) *to++ = from[j * stride];
        left -= count;
        p.column += count;
        if (p.column == row_) next_row(p);
        continue;
      }
      const int64_t rows_left = dims_[ndim_ - 2] - p.index[ndim_ - 2];
      const int64_t rows = left / row_ < rows_left ? left / row_ : rows_left;
      for (int64_t r = 0; r < rows; ++r, from += step, to += row_) {
        if (stride == 0) {  // whole vectors: what stands beyond the row is overwritten by the next one
          const Word value = *from;
          for (int64_t j = 0; j < row_; j += 8)
            for (int i = 0; i < 8; ++i) to[j + i] = value;
        } else {
          for (int64_t j = 0; j < row_; ++j) to[j] = from[j];
        }
      }
      left -= rows * row_;
      skip_rows(p, rows - 1);
      next_row(p);
    }
  }
  // Within the axis before the last.
  void skip_rows(Position& p, int64_t rows) const {
    p.index[ndim_ - 2] += rows;
    for (size_t k = 0; k < num_in_; ++k) p.at[k] += rows * in_[k].strides[ndim_ - 2];
  }

  DType lane_;
  Loop loop_, streamed_ = nullptr;  // streamed_: used where it is not null
  int64_t stretch_;                 // elements of a row that are streamed from one place
  size_t num_in_, num_out_;
  LoopArgs args_, row_args_;  // row_args_: within one row
  bool staged_ = false;       // some array needs conversion or streaming
  bool streams_ = false;      // some output is streamed
  bool gather_, plain_;       // short rows are gathered; nothing is gathered or converted
  int64_t lane_size_, size_, row_;
  int ndim_;
  int64_t dims_[kMaxNdim];
  Operand in_[kMaxInputs], out_[kMaxOutputs];
};

void check_count(const Kernel& kernel, std::span<const Tensor> in, std::span<const Tensor> out) {
  MX_CHECK(in.size() <= kMaxInputs && out.size() <= kMaxOutputs, kInternal, "[", kernel.name(),
           "] has too many arguments");
}

template <class Run>
void run_all(const Run& run) {
  if (run.size() < 2 * kGrain) return run.range(0, run.size());
  // Sixteen places of a page, or so, where outputs are streamed.
  engine::parallel_for(run.size(), run.streams() ? 4 * kGrain : kGrain,
                       [&run](int64_t begin, int64_t end) { run.range(begin, end); });
}

void forward_elementwise(const OpContext& ctx) {
  run_elementwise(*static_cast<const Kernel*>(ctx.op.block_data), ctx.in, ctx.out, ctx.params);
}

// The number takes place kPlace among the arguments of the kernel.
template <size_t kPlace>
void forward_scalar(const OpContext& ctx) {
  const double scalar = ctx.as<ScalarParam>().scalar;
  alignas(8) char value[8];
  const DType dtype = ctx.out[0].dtype;
  convert(&scalar, DType::kFloat64, value, dtype, 1);
  Tensor in[3];
  for (size_t i = 0; i < 2 && i < ctx.in.size(); ++i) in[i < kPlace ? i : i + 1] = ctx.in[i];
  in[kPlace] = {value, Shape{1}, dtype};
  run_elementwise(*static_cast<const Kernel*>(ctx.op.block_data), std::span(in, ctx.in.size() + 1), ctx.out,
                  ctx.params);
}

// bool with a number is computed as int64, or float64 where the number has a fraction; otherwise the array's dtype
// stays. An array of which nothing is known is taken to have the dtype of the result.
void scalar_dtype(const InferDType& t) {
  if (t.in[0] == DType::kBool) return t.set_output(0, t.as<ScalarParam>().is_int ? DType::kInt64 : DType::kFloat64);
  t.set_output(0, t.in[0]);
  if (t.in[0] == DType::kUnknown) t.set_input(0, t.out[0]);
}

constexpr const char* kPartOfGradient = "A part of the gradient of another operator.";

OpDef& with_kernel(OpDef& op, const char* kernel) {
  return op.data(&get_kernel(kernel ? kernel : op.name.c_str())).portable_forward(forward_elementwise).any_format();
}

OpDef& scalar_operator(OpDef& op, const char* kernel, ForwardFn forward) {
  return with_kernel(op, kernel)
      .input("data", "The array.")
      .params<ScalarParam>()
      .infer_shape(same_shape)
      .infer_dtype(scalar_dtype)
      .portable_forward(forward)
      .inplace(0, 0);
}

}  // namespace

void run_elementwise(const Kernel& kernel, std::span<const Tensor> in, std::span<const Tensor> out,
                     const void* params) {
  if (out[0].size() == 0) return;
  if (device::current()) return device::run_elementwise(kernel, in, out, params);
  check_count(kernel, in, out);
  if (const FlatRun flat(kernel, in, out, params); flat.usable())
    run_all(flat);
  else
    run_all(BlockRun(kernel, in, out, params));
}

void run_elementwise(const Kernel& kernel, std::span<const ElementwiseCall> calls) {
  if (device::current()) return device::run_many(kernel, calls);
  std::vector<std::variant<FlatRun, BlockRun>> runs;
  std::vector<int64_t> ends;  // in pieces of kGrain elements
  runs.reserve(calls.size());
  int64_t pieces = 0, size = 0;
  for (const ElementwiseCall& call : calls) {
    if (call.out[0].size() == 0) continue;
    check_count(kernel, call.in, call.out);
    if (const FlatRun flat(kernel, call.in, call.out, call.params); flat.usable())
      runs.emplace_back(flat);
    else
      runs.emplace_back(std::in_place_type<BlockRun>, kernel, call.in, call.out, call.params);
    size += call.out[0].size();
    ends.push_back(pieces += (call.out[0].size() + kGrain - 1) / kGrain);
  }
  const auto run = [&](int64_t begin, int64_t end) {
    size_t at = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), begin) - ends.begin());
    for (; begin < end; ++at) {
      const int64_t first = at ? ends[at - 1] : 0, last = std::min(end, ends[at]);
      std::visit(
          [&](const auto& one) { one.range((begin - first) * kGrain, std::min(one.size(), (last - first) * kGrain)); },
          runs[at]);
      begin = last;
    }
  };
  if (size < 2 * kGrain)
    run(0, pieces);
  else
    engine::parallel_for(pieces, 1, run);
}

Shape broadcast_shapes(const Shape& a, const Shape& b, std::string_view op) {
  if (!a.rank_known() || !b.rank_known()) return {};
  Shape result = Shape::filled(a.ndim > b.ndim ? a.ndim : b.ndim, -1);
  for (int back = 1; back <= result.ndim; ++back) {
    const int64_t x = back > a.ndim ? 1 : a[a.ndim - back], y = back > b.ndim ? 1 : b[b.ndim - back];
    int64_t& dim = result[result.ndim - back];
    // An unknown dimension may turn out to be 1.
    if (x < 0 || y < 0) {
      dim = x > 1 ? x : y > 1 ? y : -1;
      continue;
    }
    MX_CHECK(x == y || x == 1 || y == 1, kValue, "[", op, "] shapes ", a, " and ", b,
             " don't broadcast: counted from the last, each pair of dimensions must be equal or one of them 1");
    dim = x == 1 ? y : x;
  }
  return result;
}

OpDef& unary(OpDef& op, const char* kernel) {
  return with_kernel(op, kernel).input("data", "The array.").infer_shape(same_shape).inplace(0, 0);
}

OpDef& elementwise(OpDef& op, std::initializer_list<const char*> inputs, const char* kernel) {
  for (const char* name : inputs) op.input(name, "An array.").inplace(static_cast<int>(op.inputs.size()) - 1, 0);
  return with_kernel(op, kernel).describe(kPartOfGradient).infer_shape(same_shape);
}

OpDef& broadcasting(OpDef& op, std::initializer_list<const char*> inputs, const char* kernel) {
  for (const char* name : inputs) op.input(name, "An array.").inplace(static_cast<int>(op.inputs.size()) - 1, 0);
  return with_kernel(op, kernel).describe(kPartOfGradient).infer_shape([](const InferShape& s) {
    Shape shape = s.in[0];
    for (const Shape& other : s.in.subspan(1)) shape = broadcast_shapes(shape, other, s.op.name);
    s.set_output(0, shape);
  });
}

OpDef& binary(OpDef& op, const char* kernel) {
  return with_kernel(op, kernel)
      .input("lhs", "The first array.")
      .input("rhs", "The second array, of the same shape and dtype.")
      .infer_shape(same_shape)
      .inplace(0, 0)
      .inplace(1, 0);
}

OpDef& broadcast_binary(OpDef& op, const char* kernel) {
  return with_kernel(op, kernel)
      .input("lhs", "The first array.")
      .input("rhs", "The second array, of a shape that broadcasts with the first's.")
      .inplace(0, 0)
      .inplace(1, 0)
      .infer_shape([](const InferShape& s) { s.set_output(0, broadcast_shapes(s.in[0], s.in[1], s.op.name)); });
}

OpDef& scalar_binary(OpDef& op, const char* kernel) { return scalar_operator(op, kernel, forward_scalar<1>); }
OpDef& reversed_scalar_binary(OpDef& op, const char* kernel) { return scalar_operator(op, kernel, forward_scalar<0>); }
OpDef& scalar_gradient(OpDef& op, const char* kernel) {
  return elementwise(op, {"head", "data"}, kernel).params<ScalarParam>().portable_forward(forward_scalar<2>);
}
OpDef& reversed_scalar_gradient(OpDef& op, const char* kernel) {
  return elementwise(op, {"head", "data"}, kernel).params<ScalarParam>().portable_forward(forward_scalar<1>);
}

Value unbroadcast(GradientContext& g, const Value& gradient, const Value& input) {
  return g.call("_backward_broadcast", {gradient, input});
}

}  // namespace mx
