#include "mx/base/wished_shape.h"

#include <utility>

namespace mx {
namespace {
thread_local bool active = false;
}

bool numpy_shapes() { return active; }
bool set_numpy_shapes(bool value) { return std::exchange(active, value); }

Shape wished_shape(Shape shape) {
  if (active || !shape.rank_known()) return shape;
  if (shape.ndim == 0) return Shape();
  for (int i = 0; i < shape.ndim; ++i)
    if (shape[i] == 0) shape[i] = -1;
  return shape;
}

}  // namespace mx
