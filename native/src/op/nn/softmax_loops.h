// What the loops of softmax are told.
#pragma once
#include "mx/op/stream.h"

namespace mx {

struct SoftmaxCall {
  double scale;    // of the input
  int64_t stride;  // between elements along the axis, in columns mode
  int64_t count;   // elements along the axis
  bool streams;    // the output is streamed
  Ahead* ahead;    // what is read after this call, of each input; null for nothing
};
enum SoftmaxMode : int { kSoftmaxRows, kSoftmaxColumns, kSoftmaxPassedRows };
inline constexpr int64_t kSoftmaxWidth = 1024;        // columns worked on together, at most
inline constexpr int64_t kSoftmaxStaged = 65536;      // elements of an output that wait for being streamed, at most
inline constexpr int64_t kSoftmaxShort = 32;          // rows up to this length are worked on as columns,
inline constexpr int64_t kSoftmaxTogether = 128;      // so many together
inline constexpr int64_t kSoftmaxShortBatch = 65536;  // elements in one call that streams
inline constexpr int64_t kSoftmaxPassed = 8192;       // elements of a row in kSoftmaxPassedRows, at most

}  // namespace mx
