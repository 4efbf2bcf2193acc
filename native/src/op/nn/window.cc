#include "op/nn/window.h"

namespace mx {

int spatial_rank(Layout layout) {
  switch (layout) {
    case Layout::kNCDHW:
    case Layout::kNDHWC:
      return 3;
    case Layout::kNCHW:
    case Layout::kNHWC:
      return 2;
    default:
      return 1;
  }
}

const char* name_of(Layout layout) {
  static const char* const names[] = {"NCDHW", "NCHW", "NCW", "NDHWC", "NHWC", "NWC"};
  return names[static_cast<int>(layout)];
}

static void read(const OpDef& op, const char* name, const Shape& kernel, const Shape& given, int64_t missing,
                 int64_t least, int64_t* to) {
  const bool absent = given.ndim <= 0;
  MX_CHECK(absent || given.ndim == kernel.ndim, kValue, "[", op.name, "] ", name, " ", given,
           " must have as many values as kernel ", kernel);
  for (int i = 0; i < kernel.ndim; ++i) {
    to[i] = absent ? missing : given[i];
    MX_CHECK(to[i] >= least, kValue, "[", op.name, "] ", name, " ", given, " must be at least ", least, " everywhere");
  }
}

Window::Window(const OpDef& op, const Shape& kernel_, const Shape& stride_, const Shape& dilate_, const Shape& pad_,
               const std::optional<Layout>& layout)
    : rank(kernel_.ndim), last(layout && channels_last(*layout)) {
  MX_CHECK(rank >= 1 && rank <= 3, kValue, "[", op.name, "] kernel ", kernel_, " must have 1, 2 or 3 values");
  MX_CHECK(!layout || spatial_rank(*layout) == rank, kValue, "[", op.name, "] layout ", name_of(*layout), " has ",
           spatial_rank(*layout), " spatial axes, but kernel ", kernel_, " has ", rank);
  read(op, "kernel", kernel_, kernel_, 1, 1, kernel);
  read(op, "stride", kernel_, stride_, 1, 1, stride);
  read(op, "dilate", kernel_, dilate_, 1, 1, dilate);
  read(op, "pad", kernel_, pad_, 0, 0, pad);
}

void Window::check_rank(const OpDef& op, const Shape& data) const {
  MX_CHECK(data.ndim == rank + 2, kValue, "[", op.name, "] data of shape ", data, " must have ", rank + 2,
           " dimensions for a kernel of ", rank, ": batch, channels and ", rank, " spatial");
}

}  // namespace mx
