// Diagonals and triangles of matrices: taken out, put in, and kept.
#include "mx/op.h"

namespace mx {

// For kernels of devices.
struct TriangleKept {
  int64_t n, rows, columns, offset;
  bool lower;
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const N above = i / N(columns);
    const int64_t edge = int64_t(above % N(rows)) + offset, column = i - above * N(columns);
    a.to(0)[i] = (lower ? column <= edge : column >= edge) ? a.from(0)[i] : T{};
  }
};
// Element (row, column) of the triangle as it is packed stands at row (row + 1) / 2 + column of the vector.
struct TrianglePlace {
  int64_t n, rows, side, offset;  // rows: of the matrix; side: of the triangle
  bool lower;
  MX_XPU static int64_t length(int64_t side) { return side * (side + 1) / 2; }
};
struct TriangleTaken : TrianglePlace {
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const N matrix = i / N(length(side));
    const int64_t place = i - matrix * N(length(side));
    int64_t row = 0, after = side;  // the row is the last one that begins at the place or before
    while (row + 1 < after) {
      const int64_t middle = (row + after) / 2;
      (length(middle) <= place ? row : after) = middle;
    }
    const int64_t column = place - length(row);
    a.to(0)[i] =
        a.from(0)[matrix * rows * rows + (lower ? (row - offset) * rows + column : column * rows + row + offset)];
  }
};
struct TrianglePut : TrianglePlace {
  template <class T, class N, class Arrays>
  MX_XPU void operator()(N i, const Arrays& a) const {
    const N line = i / N(rows), matrix = line / N(rows);
    const int64_t y = line - matrix * N(rows), x = i - line * N(rows), row = lower ? y + offset : x - offset,
                  column = lower ? x : y;
    const bool inside = row >= 0 && row < side && column <= row;
    a.to(0)[i] = inside ? a.from(0)[matrix * length(side) + length(row) + column] : T{};
  }
};

}  // namespace mx

#if defined(MX_PASS_CUDA)
#include "mx/cuda/each.h"
MX_DEVICE_KERNELS(triangle_kept, Each<TriangleKept>, uint8_t, float16, int32_t, int64_t)
MX_DEVICE_KERNELS(triangle_taken, Each<TriangleTaken>, uint8_t, float16, int32_t, int64_t)
MX_DEVICE_KERNELS(triangle_put, Each<TrianglePut>, uint8_t, float16, int32_t, int64_t)
#endif

#if defined(MX_PASS_HOST)
#include <cstdlib>

#include "device/dense.h"
#include "op/linalg/algebra.h"
#include "op/linalg/batch.h"
#include "op/shape/diag.h"

namespace mx {
namespace {

struct OffsetParam {
  int32_t offset = 0;
  static void fields(auto& f) {
    f.add("offset", &OffsetParam::offset, "Which diagonal: 0 the main one, above it positive, below it negative.");
  }
};

// A triangle as a vector: row by row where it is the lower one, column by column where it is the upper one.
struct Packed {
  int64_t n, side, offset;  // of the matrix, and of the triangle
  bool lower;
  Packed(const TriangleParam& p, int64_t n)
      : n(n), side(n - std::abs(p.offset)), offset(p.offset), lower(p.offset == 0 ? p.lower : p.offset < 0) {}
  int64_t length() const { return side * (side + 1) / 2; }
  // Copies between one matrix and one vector.
  void copy(const Tensor& matrix, int64_t m, const Tensor& vector, int64_t v, bool back) const {
    const size_t size = size_of(matrix.dtype);
    for (int64_t i = 0; i < side; v += ++i)
      for (int64_t j = 0; j <= i; ++j) {
        const int64_t at = lower ? (i - offset) * n + j : j * n + i + offset;
        char *const place = element_at(matrix, m + at), *const element = element_at(vector, v + j);
        std::memcpy(back ? place : element, back ? element : place, size);
      }
  }
};

void copy_triangles(const OpContext& ctx, const Tensor& matrices, const Tensor& vectors, bool back) {
  const Matrices m(matrices.shape);
  const Packed packed(ctx.as<TriangleParam>(), m.rows);
  if (device::current()) {
    const Tensor &from = back ? vectors : matrices, &to = back ? matrices : vectors;
    const TrianglePlace place{to.size(), m.rows, packed.side, packed.offset, packed.lower};
    return device::run_dense(back ? "triangle_put" : "triangle_taken", device::word_of(to.dtype), {from}, {to}, &place);
  }
  engine::parallel_for(m.count, kGrain / 4 / (packed.length() + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) packed.copy(matrices, i * m.size(), vectors, i * packed.length(), back);
  });
}

// The side of a triangle with so many elements; -1 when there is none.
int64_t side_of(int64_t length) {
  int64_t side = 0;
  while (side * (side + 1) / 2 < length) ++side;
  return side * (side + 1) / 2 == length ? side : -1;
}

}  // namespace

MX_OPERATOR(_linalg_extractdiag) {
  op.describe("A diagonal of square matrices.")
      .alias("linalg_extractdiag")
      .input("A", "The matrices.")
      .params<OffsetParam>()
      .infer_shape([](const InferShape& s) {
        check_matrices(s, 0, true);
        if (!s.in[0].known()) return;
        const int64_t n = s.in[0].back() - std::abs(s.as<OffsetParam>().offset);
        MX_CHECK(n > 0, kValue, "[", s.op.name, "] offset ", s.as<OffsetParam>().offset, " is none of a matrix ",
                 s.in[0]);
        Shape out = s.in[0].slice(0, s.in[0].ndim - 2);
        out.push_back(n);
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) {
        const DiagParam p{ctx.as<OffsetParam>().offset, -2, -1};
        const OpDef& diag = get_op("diag");
        diag.forward_fn({.op = diag, .params = &p, .in = ctx.in, .out = ctx.out});
      });
  op.gradient([](GradientContext& g) { g.set(0, g.call_same("_linalg_makediag", {g.head()}).at(0)); });
}

MX_OPERATOR(_linalg_makediag) {
  op.describe("Square matrices of zeros with given diagonals.")
      .alias("linalg_makediag")
      .input("A", "The diagonals, along the last axis.")
      .params<OffsetParam>()
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].rank_known()) return;
        MX_CHECK(s.in[0].ndim >= 1, kValue, "[", s.op.name, "] A needs an axis");
        Shape out = s.in[0];
        int64_t& n = out[out.ndim - 1];
        if (n >= 0) n += std::abs(s.as<OffsetParam>().offset);
        out.push_back(n);
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) {
        const Tensor &in = ctx.in[0], &out = ctx.out[0];
        fill_zeros(out);
        if (in.size() == 0) return;
        const int64_t k = ctx.as<OffsetParam>().offset, n = out.shape.back(), length = in.shape.back();
        StridedCopy copy;
        copy.axis(in.size() / length, length, n * n);
        copy.axis(length, 1, n + 1);
        copy.run(in.data, element_at(out, k < 0 ? -k * n : k), size_of(in.dtype));
      });
  op.gradient([](GradientContext& g) { g.set(0, g.call_same("_linalg_extractdiag", {g.head()}).at(0)); });
}

MX_OPERATOR(_linalg_extracttrian) {
  op.describe("A triangle of square matrices as a vector, row by row; the upper one column by column.")
      .alias("linalg_extracttrian")
      .input("A", "The matrices.")
      .params<TriangleParam>()
      .infer_shape([](const InferShape& s) {
        check_matrices(s, 0, true);
        if (!s.in[0].known()) return;
        const auto& p = s.as<TriangleParam>();
        const Packed packed(p, s.in[0].back());
        MX_CHECK(packed.side > 0, kValue, "[", s.op.name, "] offset ", p.offset, " is none of a matrix ", s.in[0]);
        Shape out = s.in[0].slice(0, s.in[0].ndim - 2);
        out.push_back(packed.length());
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) { copy_triangles(ctx, ctx.in[0], ctx.out[0], false); });
  op.gradient([](GradientContext& g) { g.set(0, g.call_same("_linalg_maketrian", {g.head()}).at(0)); });
}

MX_OPERATOR(_linalg_maketrian) {
  op.describe("Square matrices of zeros with given triangles: the reverse of extracttrian.")
      .alias("linalg_maketrian")
      .input("A", "The triangles, along the last axis.")
      .params<TriangleParam>()
      .infer_shape([](const InferShape& s) {
        if (!s.in[0].known()) return;
        const Shape& in = s.in[0];
        const int64_t side = in.ndim ? side_of(in.back()) : -1;
        MX_CHECK(side > 0, kValue, "[", s.op.name, "] A has shape ", in,
                 ", but its last dimension must be that of a triangle: 1, 3, 6, 10 ...");
        Shape out = in.slice(0, in.ndim - 1);
        for (int i : {0, 1}) static_cast<void>(i), out.push_back(side + std::abs(s.as<TriangleParam>().offset));
        s.set_output(0, out);
      })
      .portable_forward([](const OpContext& ctx) {
        if (!device::current()) fill_zeros(ctx.out[0]);
        copy_triangles(ctx, ctx.out[0], ctx.in[0], true);
      });
  op.gradient([](GradientContext& g) { g.set(0, g.call_same("_linalg_extracttrian", {g.head()}).at(0)); });
}

MX_OPERATOR(_linalg_triangle) {
  op.describe("Matrices with zeros outside of a triangle.")
      .hidden()
      .input("A", "The matrices.")
      .params<TriangleParam>()
      .infer_shape([](const InferShape& s) {
        check_matrices(s, 0, false);
        s.same(0, 0);
      })
      .portable_forward([](const OpContext& ctx) {
        const auto& p = ctx.as<TriangleParam>();
        const Tensor &in = ctx.in[0], &out = ctx.out[0];
        const Matrices m(in.shape);
        if (device::current()) {
          const TriangleKept kept{out.size(), m.rows, m.columns, p.offset, p.lower};
          return device::run_dense("triangle_kept", device::word_of(out.dtype), {in}, {out}, &kept);
        }
        const auto size = static_cast<int64_t>(size_of(in.dtype));
        engine::parallel_for(m.count * m.rows, kGrain / (m.columns + 1) + 1, [&](int64_t begin, int64_t end) {
          for (int64_t row = begin; row < end; ++row) {
            // The row's columns from..to are in the triangle.
            const int64_t edge = std::clamp<int64_t>(row % m.rows + p.offset + (p.lower ? 1 : 0), 0, m.columns);
            const int64_t from = p.lower ? 0 : edge, to = p.lower ? edge : m.columns;
            char* const y = element_at(out, row * m.columns);
            std::memset(y, 0, static_cast<size_t>(from * size));
            std::memcpy(y + from * size, element_at(in, row * m.columns + from),
                        static_cast<size_t>((to - from) * size));
            std::memset(y + to * size, 0, static_cast<size_t>((m.columns - to) * size));
          }
        });
      });
  op.gradient([](GradientContext& g) { g.set(0, g.call_same("_linalg_triangle", {g.head()}).at(0)); });
}

MX_OPERATOR(_linalg_scale) {
  op.describe("Every matrix multiplied by its number.")
      .hidden()
      .input("A", "The matrices.")
      .input("factors", "A number for each.")
      .infer_shape([](const InferShape& s) {
        s.same(0, 0);
        if (s.in[0].rank_known()) s.set_input(1, per_matrix(s.in[0]));
      })
      .portable_forward([](const OpContext& ctx) {
        const Matrices m(ctx.in[0].shape);
        const Shape flat{m.count, m.size()};
        const Tensor in[] = {{ctx.in[0].data, flat, ctx.in[0].dtype}, {ctx.in[1].data, {m.count, 1}, ctx.in[1].dtype}};
        const Tensor out{ctx.out[0].data, flat, ctx.out[0].dtype};
        run_elementwise(get_kernel("multiply"), in, std::span(&out, 1));
      })
      .gradient([](GradientContext& g) {
        if (g.wants(0)) g.set(0, g.call("_linalg_scale", {g.head(), g.input(1)}));
        if (g.wants(1))
          g.set(1, call_named(g.builder(), "sum", {g.call("elemwise_mul", {g.head(), g.input(0)})},
                              {{"axis", "(-2,-1)"}}));
      });
}

MX_OPERATOR(_linalg_sumlogdiag) {
  op.describe("The sum of the logarithms of the diagonal of square matrices.")
      .alias("linalg_sumlogdiag")
      .input("A", "The matrices.")
      .compose([](ComposeContext& c) {
        const Value diagonal = c.call("_linalg_extractdiag", {c.in[0]});
        c.out = {call_named(c.builder, "sum", {c.call("log", {diagonal})}, {{"axis", "-1"}})};
      });
}

}  // namespace mx
#endif
