#include "mx/op.h"

namespace mx {

// For kernels of devices.
struct OrderOfRows {
  int64_t rows, n;
  bool ascending;
};
// out (outer, k, inner): the first k of the n places of each line, which lie in rows.
struct OrderPlaces {
  int64_t n, size, k, inner;  // n: of the result; size: of a row
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const N above = i / N(inner), outer = above / N(k), row = outer * N(inner) + (i - above * N(inner));
    a.to(0)[i] = a.template from<int32_t>(0)[row * size + (above - outer * N(k))];
  }
};

}  // namespace mx

// Integers in the order of the elements: for a float, its bits where negative numbers count backwards.
#if defined(MX_ISA)
namespace mx::MX_ISA {

struct OrderKeys {
  static MX_XPU int32_t key_of(int32_t x) { return x; }
  static MX_XPU int64_t key_of(int64_t x) { return x; }
  static MX_XPU int32_t key_of(float x) {
    const auto bits = __builtin_bit_cast(int32_t, x + 0.f);  // -0 becomes 0
    return x != x ? INT32_MAX : bits ^ ((bits >> 31) & INT32_MAX);
  }
  static MX_XPU int64_t key_of(double x) {
    const auto bits = __builtin_bit_cast(int64_t, x + 0.);
    return x != x ? INT64_MAX : bits ^ ((bits >> 63) & INT64_MAX);
  }

  // out: the keys, and whether any of them is at most extra[0] (an int64). mode -1 turns the order round, 0 does not.
  template <class T>
  static void loop(void* const* out, const void* const* in, int64_t n, const LoopArgs& args) {
    using Key = decltype(key_of(T()));
    const T* const x = static_cast<const T*>(in[0]);
    Key* const keys = static_cast<Key*>(out[0]);
    const Key turn = static_cast<Key>(args.mode), limit = static_cast<Key>(args.extra[0]);
    Key found = 0;
    for (int64_t i = 0; i < n; ++i) {
      const Key key = key_of(x[i]) ^ turn;
      keys[i] = key;
      found |= key <= limit ? 1 : 0;
    }
    *static_cast<int64_t*>(out[1]) = found;
  }
};

}  // namespace mx::MX_ISA
#endif
MX_KERNELS(order_keys, OrderKeys, float, double, int32_t, int64_t)

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"
#include "mx/cuda/sort.h"

namespace mx::MX_ISA {

inline constexpr int64_t kShortRow = 2048, kTile = 1024;  // elements in shared memory at most, and at least

// Rows that fit into shared memory: a bitonic network sorts keys and places. No two are equal, so the order of equal
// keys is kept. `width`: a power of two that a row fits into; a tile holds several rows where they are short.
template <class T, class Key>
__global__ void __launch_bounds__(kThreads)
    sort_short_rows(const void* data, DType dtype, Key turn, int64_t rows, int32_t n, int32_t width, int32_t* places) {
  const int32_t tile = width < int32_t(kTile) ? int32_t(kTile) : width, count = tile / width;
  Key* const keys = dynamic_shared<Key>();
  auto* const at = reinterpret_cast<int32_t*>(keys + tile);
  for (int64_t first = int64_t(blockIdx.x) * count; first < rows; first += int64_t(gridDim.x) * count) {
    for (int32_t i = threadIdx.x; i < tile; i += kThreads) {
      const int64_t row = first + i / width;
      const int32_t place = i % width;
      const bool inside = row < rows && place < n;
      keys[i] = inside ? OrderKeys::key_of(load<T>(data, dtype, row * n + place)) ^ turn
                       : Key(~(Key(1) << (8 * sizeof(Key) - 1)));
      at[i] = place;
    }
    __syncthreads();
    for (int32_t size = 2; size <= width; size *= 2)
      for (int32_t step = size / 2; step; step /= 2) {
        for (int32_t pair = threadIdx.x; pair < tile / 2; pair += kThreads) {
          const int32_t a = 2 * pair - (pair & (step - 1)), b = a + step;
          const bool falls = a & (width - 1) & size, above = keys[a] != keys[b] ? keys[a] > keys[b] : at[a] > at[b];
          if (falls == above) continue;
          const Key key = keys[a];
          const int32_t place = at[a];
          keys[a] = keys[b], at[a] = at[b], keys[b] = key, at[b] = place;
        }
        __syncthreads();
      }
    for (int32_t i = threadIdx.x; i < tile; i += kThreads) {
      const int64_t row = first + i / width;
      if (row < rows && i % width < n) places[row * n + i % width] = at[i];
    }
    __syncthreads();
  }
}

template <class T, class Key>
__global__ void __launch_bounds__(kThreads)
    sort_keys_kernel(const void* data, DType dtype, Key turn, int64_t first, int64_t n, Key* keys) {
  const int64_t step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step)
    keys[i] = OrderKeys::key_of(load<T>(data, dtype, first + i)) ^ turn;
}

struct SortRows {};
template <>
struct DeviceBlock<SortRows> {
  static constexpr int kKind = MX_BLOCK_DENSE;
  template <class T>
  static int run(const MXBlock* block) {
    using Key = decltype(OrderKeys::key_of(T()));
    const auto& order = *static_cast<const OrderOfRows*>(block->params);
    const Key turn = order.ascending ? 0 : -1;
    const auto dtype = static_cast<DType>(block->in[0].dtype);
    auto* const places = static_cast<int32_t*>(block->out[0].data);
    if (order.n <= kShortRow) {
      int64_t width = 2;
      while (width < order.n) width *= 2;
      const int64_t tile = width < kTile ? kTile : width, tiles = (order.rows * width + tile - 1) / tile;
      return launch(block, sort_short_rows<T, Key>, grid_for(tiles * kThreads), kThreads,
                    size_t(tile) * (sizeof(Key) + sizeof(int32_t)), block->in[0].data, dtype, turn, order.rows,
                    int32_t(order.n), int32_t(width), places);
    }
    // As many rows at a time as CUB counts the elements of in 32 bits.
    if (order.n > INT32_MAX) return fail("a row of 2^31 elements or more can't be sorted");
    const int64_t most = INT32_MAX / order.n, chunk = most < order.rows ? most : order.rows, n = chunk * order.n;
    auto* const keys = static_cast<Key*>(block->workspace(block->context, size_t(2 * n) * sizeof(Key)));
    auto* const own = static_cast<int32_t*>(block->workspace(block->context, size_t(n) * sizeof(int32_t)));
    if (!keys || !own) return 2;
    int failed = launch(block, places_kernel<int32_t>, grid_for(n), kThreads, 0, own, n, order.n);
    for (int64_t row = 0; row < order.rows && !failed; row += chunk) {
      const int64_t rows = order.rows - row < chunk ? order.rows - row : chunk;
      failed = launch(block, sort_keys_kernel<T, Key>, grid_for(rows * order.n), kThreads, 0, block->in[0].data, dtype,
                      turn, row * order.n, rows * order.n, keys);
      if (!failed)
        failed = sort_pairs(block, SortedPairs<Key>{keys, keys + n, own, places + row * order.n}, rows, order.n);
    }
    return failed;
  }
};

}  // namespace mx::MX_ISA
MX_DEVICE_KERNELS(sort_rows, SortRows, float, double, int32_t, int64_t)
MX_DEVICE_KERNELS(order_places, Each<OrderPlaces>, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include <algorithm>
#include <memory>
#include <vector>

#include "device/blocks.h"
#include "device/dense.h"
#include "engine/threads.h"
#include "op/sort/order.h"

namespace mx {
namespace {

// A key with its place. No two items of a line are equal, so every algorithm keeps the order of equal keys.
struct Narrow {
  using Key = int32_t;
  static constexpr int kDigits = 4;
  static bool suits(int64_t n) { return n <= int64_t{1} << 32; }
  static Narrow make(int32_t key, int64_t place) {
    return {uint64_t{static_cast<uint32_t>(key) ^ 0x80000000u} << 32 | static_cast<uint32_t>(place)};
  }
  static Narrow last() { return {UINT64_MAX}; }
  int32_t key() const { return static_cast<int32_t>(static_cast<uint32_t>(word >> 32) ^ 0x80000000u); }
  int64_t place() const { return static_cast<uint32_t>(word); }
  unsigned digit(int i) const { return word >> (32 + 8 * i) & 255; }
  bool operator<(const Narrow& other) const { return word < other.word; }
  uint64_t word;
};
struct Wide {
  using Key = int64_t;
  static constexpr int kDigits = 8;
  static bool suits(int64_t) { return true; }
  static Wide make(int64_t key, int64_t place) { return {static_cast<uint64_t>(key) ^ (uint64_t{1} << 63), place}; }
  static Wide last() { return {UINT64_MAX, INT64_MAX}; }
  int64_t key() const { return static_cast<int64_t>(word ^ (uint64_t{1} << 63)); }
  int64_t place() const { return at; }
  unsigned digit(int i) const { return word >> (8 * i) & 255; }
  bool operator<(const Wide& other) const { return word != other.word ? word < other.word : at < other.at; }
  uint64_t word;
  int64_t at;
};

// By digits, from the lowest; digits that all items share are left out. The result lies in one of the two arrays.
template <class Item>
Item* radix_sort(Item* from, Item* to, int64_t n) {
  int64_t counts[Item::kDigits][256] = {};
  for (int64_t i = 0; i < n; ++i)
    for (int d = 0; d < Item::kDigits; ++d) ++counts[d][from[i].digit(d)];
  for (int d = 0; d < Item::kDigits; ++d) {
    int64_t* const count = counts[d];
    if (count[from[0].digit(d)] == n) continue;
    int64_t begin = 0;
    for (int value = 0; value < 256; ++value) begin += std::exchange(count[value], begin);
    for (int64_t i = 0; i < n; ++i) to[count[from[i].digit(d)]++] = from[i];
    std::swap(from, to);
  }
  return from;
}

constexpr int64_t kSmall = 128;  // shorter lines are sorted by comparison

template <class Item>
Item* sort_items(Item* items, Item* spare, int64_t n) {
  if (n > kSmall) return radix_sort(items, spare, n);
  std::sort(items, items + n);
  return items;
}

// A line in any dtype, and how its keys are made.
struct Line {
  const char* x;
  DType dtype, lane;
  bool ascending;
};

// Room for the items of a line of n.
int64_t items_needed(int64_t n, int64_t k) { return k * 8 > n ? 2 * n : 4 * k + 64; }

// The first k of the elements from `start` on, in order. Where k is small, elements are dropped as soon as k smaller
// ones are known.
template <class Item>
const Item* first_items(const Line& line, int64_t start, int64_t n, int64_t k, Item* items) {
  static const Kernel& kernel = get_kernel("order_keys");
  const Loop loop = kernel.loop(line.lane);
  constexpr int64_t kBlock = 256;
  alignas(64) typename Item::Key keys[kBlock];
  alignas(64) char converted[kBlock * sizeof(typename Item::Key)];
  const bool all = k * 8 > n;
  const int64_t room = all ? n + 1 : 2 * k + 32;
  int64_t size = 0;
  Item limit = Item::last();
  for (int64_t begin = start; begin < start + n; begin += kBlock) {
    const int64_t count = std::min(kBlock, start + n - begin);
    const void* x = line.x + begin * static_cast<int64_t>(size_of(line.dtype));
    if (line.dtype != line.lane) {
      convert(x, line.dtype, converted, line.lane, count);
      x = converted;
    }
    const int64_t limit_key = limit.key();
    int64_t found;
    void* to[] = {keys, &found};
    loop(to, &x, count, {.mode = line.ascending ? 0 : -1, .extra = &limit_key});
    if (!found) continue;
    for (int64_t i = 0; i < count; ++i) {
      const Item item = Item::make(keys[i], begin + i);
      if (limit < item) continue;
      items[size++] = item;
      if (size < room) continue;
      std::nth_element(items, items + k - 1, items + size);
      limit = items[k - 1], size = k;
    }
  }
  if (!all && size > k) {
    std::nth_element(items, items + k - 1, items + size);
    size = k;
  }
  return sort_items(items, items + (all ? n : room), size);
}

template <class Item>
void copy_places(const Item* items, int64_t k, int64_t* places) {
  for (int64_t i = 0; i < k; ++i) places[i] = items[i].place();
}

template <class Item>
void order_rows(Line line, int64_t count, int64_t n, int64_t k, int64_t* places) {
  const int64_t bytes = n * static_cast<int64_t>(size_of(line.dtype));
  engine::parallel_for(count, kGrain / 8 / n + 1, [&](int64_t begin, int64_t end) {
    const auto items = std::make_unique_for_overwrite<Item[]>(static_cast<size_t>(items_needed(n, k)));
    for (int64_t row = begin; row < end; ++row) {
      const Line here{line.x + row * bytes, line.dtype, line.lane, line.ascending};
      copy_places(first_items(here, 0, n, k, items.get()), k, places + row * k);
    }
  });
}

// One long line: its parts are ordered side by side, then merged by pairs.
template <class Item>
void order_parts(const Line& line, int64_t n, int64_t k, int64_t parts, int64_t* places) {
  struct Part {
    std::unique_ptr<Item[]> memory;
    const Item* items;
    int64_t size;
  };
  std::vector<Part> found(static_cast<size_t>(parts));
  engine::parallel_for(parts, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const int64_t begin = n * i / parts, length = n * (i + 1) / parts - begin, size = std::min(k, length);
      auto items = std::make_unique_for_overwrite<Item[]>(static_cast<size_t>(items_needed(length, size)));
      const Item* sorted = first_items(line, begin, length, size, items.get());
      found[static_cast<size_t>(i)] = {std::move(items), sorted, size};
    }
  });
  while (found.size() > 1) {
    std::vector<Part> merged((found.size() + 1) / 2);
    engine::parallel_for(static_cast<int64_t>(merged.size()), 1, [&](int64_t first, int64_t last) {
      for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(last); ++i) {
        if (2 * i + 1 == found.size()) {
          merged[i] = std::move(found[2 * i]);
          continue;
        }
        const Part &a = found[2 * i], &b = found[2 * i + 1];
        auto items = std::make_unique_for_overwrite<Item[]>(static_cast<size_t>(a.size + b.size));
        std::merge(a.items, a.items + a.size, b.items, b.items + b.size, items.get());
        merged[i].items = items.get(), merged[i].size = std::min(k, a.size + b.size);
        merged[i].memory = std::move(items);
      }
    });
    found = std::move(merged);
  }
  copy_places(found[0].items, k, places);
}

template <class Item>
void order(const Line& line, int64_t count, int64_t n, int64_t k, int64_t* places) {
  const int64_t parts = std::min<int64_t>(engine::num_threads(), n / kGrain);
  if (count > 1 || parts < 2) return order_rows<Item>(line, count, n, k, places);
  order_parts<Item>(line, n, k, parts, places);
}

// (outer, a, b) -> (outer, b, a)
void swap_axes(const void* from, void* to, int64_t outer, int64_t a, int64_t b, size_t element) {
  StridedCopy copy;
  copy.axis(outer, a * b, a * b);
  copy.axis(b, 1, a);
  copy.axis(a, b, 1);
  copy.run(from, to, element);
}

template <class Word, bool kBack>
void move_words(const Tensor& data, const int64_t* places, const Lines& lines, int64_t k, const Tensor& result) {
  Word *const d = data.as<Word>(), *const r = result.as<Word>();
  engine::parallel_for(lines.outer * k, kGrain / 4 / (lines.inner + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      Word* const line = d + row / k * lines.n * lines.inner;
      for (int64_t i = 0, at = row * lines.inner; i < lines.inner; ++i, ++at) {
        Word& element = line[places[at] * lines.inner + i];
        if constexpr (kBack)
          element = r[at];
        else
          r[at] = element;
      }
    }
  });
}
template <bool kBack>
void move(const Tensor& data, const int64_t* places, const Lines& lines, int64_t k, const Tensor& result) {
  if (device::current()) {
    StridedCopy copy;
    const int64_t line = lines.n * lines.inner, index_strides[] = {k * lines.inner, lines.inner, 1};
    const int64_t spread = result.size() > 1;  // 0: one number goes everywhere
    const int64_t in_data[] = {line, 0, 1}, in_result[] = {k * lines.inner * spread, lines.inner * spread, spread};
    const int64_t dims[] = {lines.outer, k, lines.inner};
    for (int i = 0; i < 3; ++i) copy.axis(dims[i], (kBack ? in_result : in_data)[i], (kBack ? in_data : in_result)[i]);
    return device::run_gather(copy, index_strides, kBack ? result : data, places, kBack ? data : result, lines.inner,
                              lines.n, kBack);
  }
  switch (size_of(data.dtype)) {
    case 1:
      return move_words<uint8_t, kBack>(data, places, lines, k, result);
    case 2:
      return move_words<uint16_t, kBack>(data, places, lines, k, result);
    case 4:
      return move_words<uint32_t, kBack>(data, places, lines, k, result);
    default:
      return move_words<uint64_t, kBack>(data, places, lines, k, result);
  }
}

}  // namespace

Lines Lines::of(const std::optional<int32_t>& axis, const Shape& shape, std::string_view op) {
  if (!axis) return {1, shape.size(), 1};
  const int at = normalize_axis(*axis, shape.ndim, op);
  return {shape.size(0, at), shape[at], shape.size(at + 1, shape.ndim)};
}

Tensor order_rows_on_device(const OpContext& ctx, const Tensor& data, int64_t rows, int64_t n, bool ascending) {
  MX_CHECK(n < int64_t{1} << 31, kUnsupported, "[", ctx.op.name, "] ", n,
           " elements are too many to be sorted on a GPU; there must be fewer than 2^31 along the axis");
  const Tensor places{ctx.workspace(static_cast<size_t>(rows * n) * sizeof(int32_t)), {rows, n}, DType::kInt32};
  const OrderOfRows order{rows, n, ascending};
  if (rows * n > 0) device::run_dense("sort_rows", get_kernel("order_keys").lane(data.dtype), {data}, {places}, &order);
  return places;
}

const int64_t* order_lines(const OpContext& ctx, const Tensor& data, const Lines& lines, int64_t k, bool ascending) {
  const auto [outer, n, inner] = lines;
  const auto room = [&] { return static_cast<int64_t*>(ctx.workspace(sizeof(int64_t) * lines.count() * k)); };
  int64_t* const places = room();
  if (lines.count() * k == 0) return places;
  Tensor rows = data;
  if (inner > 1) {
    rows.data = ctx.workspace(data.bytes());
    swap_axes(data.data, rows.data, outer, n, inner, size_of(data.dtype));
  }
  if (device::current()) {
    const Tensor order = order_rows_on_device(ctx, rows, lines.count(), n, ascending),
                 out{places, {outer, k, inner}, DType::kInt64};
    const OrderPlaces first{out.size(), n, k, inner};
    device::run_dense("order_places", DType::kInt64, {order}, {out}, &first);
    return places;
  }
  const DType lane = get_kernel("order_keys").lane(data.dtype);
  const Line line{rows.as<char>(), data.dtype, lane, ascending};
  if (size_of(lane) == 4 && Narrow::suits(n))
    order<Narrow>(line, lines.count(), n, k, places);
  else
    order<Wide>(line, lines.count(), n, k, places);
  if (inner == 1) return places;
  int64_t* const turned = room();
  swap_axes(places, turned, outer, inner, k, sizeof(int64_t));
  return turned;
}

void read_places(const Tensor& data, const int64_t* places, const Lines& lines, int64_t k, const Tensor& result) {
  move<false>(data, places, lines, k, result);
}
void write_places(const Tensor& result, const int64_t* places, const Lines& lines, int64_t k, const Tensor& data) {
  move<true>(data, places, lines, k, result);
}

}  // namespace mx
#endif
