#include "mx/op.h"
#include "op/named_call.h"

namespace mx {
namespace {

struct KhatriRaoParam {
  int32_t num_args = 1;
  static void fields(auto& f) {
    f.add("num_args", &KhatriRaoParam::num_args, "How many matrices there are.").range(1).required();
  }
};

}  // namespace

MX_OPERATOR(khatri_rao) {
  op.describe("Column by column the Kronecker product of matrices (r1, n), (r2, n) ...: a matrix (r1 r2 ..., n).")
      .params<KhatriRaoParam>()
      .variadic("args:arg", "num_args", "The matrices; all have the same number of columns.")
      .compose([](ComposeContext& c) {
        Value product = c.in[0];
        for (size_t i = 1; i < c.in.size(); ++i) {
          const Value rows = call_named(c.builder, "expand_dims", {product}, {{"axis", "1"}});
          const Value columns = call_named(c.builder, "expand_dims", {c.in[i]}, {{"axis", "0"}});
          const Value all = c.call("broadcast_mul", {rows, columns});
          product = call_named(c.builder, "Reshape", {all}, {{"shape", "(-3,0)"}});
        }
        c.out = {c.in.size() == 1 ? c.call("_copy", {product}) : product};
      });
}

}  // namespace mx
