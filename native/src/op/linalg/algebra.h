// Formulas over batches of matrices, for gradients and composites.
#pragma once
#include "mx/op/elementwise.h"
#include "op/named_call.h"

namespace mx {

struct Gemm2Param {
  bool transpose_a = false, transpose_b = false;
  double alpha = 1;
  int32_t axis = -2;
  static void fields(auto& f) {
    f.add("transpose_a", &Gemm2Param::transpose_a, "Multiply with the transpose of A.");
    f.add("transpose_b", &Gemm2Param::transpose_b, "Multiply with the transpose of B.");
    f.add("alpha", &Gemm2Param::alpha, "The product is multiplied by this number.");
    f.add("axis", &Gemm2Param::axis, "The axis of the rows of matrices; the columns are along the last axis.");
  }
};
struct TriangularParam {
  bool transpose = false, rightside = false, lower = true;
  double alpha = 1;
  static void fields(auto& f) {
    f.add("transpose", &TriangularParam::transpose, "Use the transpose of A.");
    f.add("rightside", &TriangularParam::rightside, "A stands to the right of B.");
    f.add("lower", &TriangularParam::lower, "A is its lower triangle, else its upper one; the other is not looked at.");
    f.add("alpha", &TriangularParam::alpha, "The result is multiplied by this number.");
  }
};
struct TriangleParam {
  int32_t offset = 0;
  bool lower = true;
  static void fields(auto& f) {
    f.add("offset", &TriangleParam::offset, "The diagonal where the triangle ends; above the main one positive.");
    f.add("lower", &TriangleParam::lower, "The lower triangle, else the upper one.");
  }
};

class Algebra {
 public:
  explicit Algebra(Builder& builder) : builder_(builder) {}

  enum : unsigned { kPlain = 0, kTransposeA = 1, kTransposeB = 2 };
  Value product(const Value& a, const Value& b, unsigned how = kPlain, double alpha = 1) const {
    return builder_.call("_linalg_gemm2", {a, b},
                         Gemm2Param{(how & kTransposeA) != 0, (how & kTransposeB) != 0, alpha});
  }
  Value add(const Value& a, const Value& b) const { return builder_.call("elemwise_add", {a, b}); }
  Value subtract(const Value& a, const Value& b) const { return builder_.call("elemwise_sub", {a, b}); }
  Value times(const Value& a, double factor) const {
    return builder_.call("_mul_scalar", {a}, ScalarParam{factor, false});
  }
  Value transposed(const Value& a) const {
    return call_named(builder_, "SwapAxis", {a}, {{"dim1", "-2"}, {"dim2", "-1"}});
  }
  Value triangle(const Value& a, bool lower = true, int32_t offset = 0) const {
    return builder_.call("_linalg_triangle", {a}, TriangleParam{offset, lower});
  }
  // The symmetric matrix with the lower triangle of a.
  Value mirrored(const Value& a) const { return add(triangle(a), transposed(triangle(a, true, -1))); }
  // op(a)^-1 b, or b op(a)^-1.
  Value solve(const Value& a, const Value& b, bool transpose, bool rightside, bool lower = true,
              double alpha = 1) const {
    return builder_.call("_linalg_trsm", {a, b}, TriangularParam{transpose, rightside, lower, alpha});
  }
  // Every matrix multiplied by its number.
  Value scaled(const Value& matrices, const Value& numbers) const {
    return builder_.call("_linalg_scale", {matrices, numbers});
  }

 private:
  Builder& builder_;
};

}  // namespace mx
