/* The border between libmx and a plugin: a library that brings a device and its kernels. C only: no C++ type, exception
 * or allocator crosses it. A plugin exports one symbol, MXPluginInit, which fills its half of the table and registers
 * kernels. See docs/internals/cuda.md. */
#ifndef MX_PLUGIN_H_
#define MX_PLUGIN_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a field changes its meaning. New fields go to the end of a struct and are found by struct_size. */
#define MX_PLUGIN_ABI 1u

/* ---- block kernels: the loops of a building block ---------------------------------------------------------------- */

/* Element (i0, i1, ...) of a block lies at data + sum of ik * strides[k] elements. */
typedef struct MXOperand {
  void* data;             /* in the memory of the device; NULL: `value` is the one value */
  int32_t dtype;          /* the numbers of c_api.h */
  int32_t reserved;       /* 0 */
  uint64_t value;         /* its bytes, of `dtype`, at the lowest address */
  const int64_t* strides; /* in elements, `ndim` of them; 0 repeats */
} MXOperand;

enum {
  /* out[k] = f(in[0], in[1], ...) for every element; any dtypes and strides. */
  MX_BLOCK_ELEMENTWISE = 0,
  /* out[0] = f over the last `reduced` axes of in[0], in the order of any tree. out's strides there are 0. */
  MX_BLOCK_REDUCE = 1,
  /* out[0] filled from the counter-based generator. extra: seed, first counter, more of the kernel; mode, params and
   * inputs: of the kernel, which reads the inputs in its own way. */
  MX_BLOCK_RANDOM = 2,
  /* Rows along the last axis, each worked on as a whole: softmax, norms, the place of the largest. `reduced` is 1, or 0
   * where a row has one element. Operands with stride 0 there have one value per row; any dtypes and strides. Outputs
   * without data are not wanted. */
  MX_BLOCK_ROWS = 3,
  /* out[0][i] = f(i) along the one axis. */
  MX_BLOCK_INDEX = 4,
  /* in[1]: offsets, int64. Mode 0: out[0] = in[0] moved by extra[0] * offset elements; mode 1: out[0], so moved, =
   * in[0]. Offsets that are not in 0..extra[1]-1 are left out. Dtypes are those of words of the elements' size. */
  MX_BLOCK_GATHER = 5,
  /* in: keys, int32 in 0..extra[0]-1; out: the keys in order, and where each of them was, int32. Equal keys stay in
   * their order. One axis, shorter than 2^31. */
  MX_BLOCK_SORT = 6,
  /* in: rows (outer, n, inner), and the outputs of a sort of n keys; out (outer, size, inner): what becomes of the rows
   * of a key, at its place of the middle axis; other places are not written. Dense; extra: outer, n, size, inner. */
  MX_BLOCK_SCATTER = 7,
  /* An elementwise kernel for many dense arrays, alike in their dtypes: num_in and num_out are multiples of its own,
   * dims[i] is the size of call i, which is not 0, and extra[i] the address of its parameters. */
  MX_BLOCK_MANY = 8,
  /* Whole arrays in C order, or NULL where the kernel needs or wants none; their sizes follow from params. */
  MX_BLOCK_DENSE = 9
};

typedef struct MXBlock {
  uint32_t struct_size;
  int32_t device; /* current when the kernel is called */
  void* stream;   /* work goes here; the call returns without waiting */
  int32_t num_in, num_out;
  const MXOperand* in;
  const MXOperand* out;
  int32_t ndim, reduced; /* axes in all; how many of the last ones are reduced */
  const int64_t* dims;   /* neighbours that advance alike are merged, axes of size 1 are gone */
  int32_t mode, reserved;
  const void* params; /* of the operator, in host memory: read them before returning */
  const int64_t* extra;
  /* Device memory until the work of this call has ended. NULL after set_error. */
  void* (*workspace)(void* context, size_t bytes);
  void* context;
} MXBlock;

/* Returns 0, or non-zero after set_error: 2 where there is no memory, 3 where a library is missing. */
typedef int (*MXBlockFn)(const MXBlock* block);

/* ---- matrix products and convolutions: of a vendor's library ----------------------------------------------------- */

typedef struct MXMatrices { /* element (b, i, j) lies at data + b * batch + i * row + j * column elements */
  void* data;
  int64_t batch, row, column;
} MXMatrices;

/* c (m, n) = a (m, k) b (k, n) for every matrix of the batch, none of whose dimensions is 0; bias: n values for every
 * row, or NULL. Of row and column one is 1. Floating dtypes; bias not with float64. */
typedef struct MXGemm {
  uint32_t struct_size;
  int32_t device;
  void* stream;
  int64_t batch, m, n, k;
  MXMatrices a, b, c;
  const void* bias;
  int32_t dtype, reserved;
  void* (*workspace)(void* context, size_t bytes); /* as in MXBlock */
  void* context;
} MXGemm;

typedef struct MXImages { /* batch or filters, channels, space; element (i0, i1, ...) at data + sum of ik * strides[k]
                           */
  void* data;
  int64_t dims[5], strides[5];
} MXImages;

/* y = x * w (a correlation) over `rank` spatial axes, 1 to 3, or one of its adjoints. Groups: as often as the channels
 * of w go into those of x. Floating dtypes; nothing is empty. */
enum { MX_CONVOLVE = 0, MX_CONVOLVE_DATA = 1, MX_CONVOLVE_WEIGHT = 2 }; /* what is written: y, x or w */
typedef struct MXConvolution {
  uint32_t struct_size;
  int32_t device;
  void* stream;
  int32_t kind, rank, dtype, reserved;
  MXImages x, w, y;
  int64_t stride[3], dilate[3], before[3], after[3]; /* the last two: zeros around x */
  void* (*workspace)(void* context, size_t bytes);   /* as in MXBlock */
  void* context;
} MXConvolution;

/* ---- operator functions: a whole operator ------------------------------------------------------------------------ */

typedef struct MXTensor { /* dense, C order; data is NULL for an output that nobody wants */
  void* data;
  const int64_t* shape;
  int32_t ndim, dtype;
} MXTensor;

typedef struct MXOperatorCall {
  uint32_t struct_size;
  int32_t device;
  void* stream;
  int32_t num_in, num_out;
  const MXTensor* in;
  const MXTensor* out;
  const void* params;
  int32_t is_train, reserved;
  void* (*workspace)(void* context, size_t bytes);
  /* A stretch of `blocks` blocks of four 32-bit numbers of the generator; only for operators that are random. */
  int (*reserve_random)(void* context, uint64_t blocks, uint64_t* seed, uint64_t* first);
  void* context;
} MXOperatorCall;

typedef int (*MXOperatorFn)(const MXOperatorCall* call);

/* ---- the table --------------------------------------------------------------------------------------------------- */

typedef struct MXDeviceProperties {
  char name[128];
  int64_t total_bytes;
  int32_t major, minor; /* compute capability */
  int32_t processors;
} MXDeviceProperties;

enum { MX_COPY_TO_DEVICE = 1, MX_COPY_TO_HOST = 2, MX_COPY_ON_DEVICE = 3 };

/* Unless said otherwise a function returns 0, or non-zero after set_error; everything may be called on any thread. */
typedef struct MXPlugin {
  /* Set by libmx. */
  uint32_t abi_version, struct_size;
  void (*set_error)(const char* message); /* of this thread */
  int (*register_block)(const char* kernel, int32_t dtype, int32_t kind, MXBlockFn fn);
  int (*register_operator)(const char* op, MXOperatorFn fn);

  /* Set by MXPluginInit, which must succeed on a machine without driver or device: device_count tells what is missing.
   */
  const char* name; /* "CUDA" */
  int (*device_count)(int* out);
  int (*properties)(int device, MXDeviceProperties* out);
  int (*memory_info)(int device, int64_t* free_bytes, int64_t* total_bytes);
  int (*allocate)(int device, size_t bytes, void** out); /* 2: there is no memory */
  int (*release)(int device, void* data);
  int (*allocate_pinned)(size_t bytes, void** out); /* host memory that copies of any device use asynchronously */
  int (*release_pinned)(void* data);
  int (*copy)(int device, void* to, const void* from, size_t bytes, int kind, void* stream);
  int (*copy_peer)(int to_device, void* to, int from_device, const void* from, size_t bytes, void* stream);
  int (*fill)(int device, void* to, int byte, size_t bytes, void* stream);
  int (*stream_create)(int device, void** out);
  int (*stream_synchronize)(int device, void* stream);
  int (*stream_wait)(int device, void* stream, void* event); /* later work of the stream comes after the event */
  int (*event_create)(int device, void** out);
  int (*event_record)(int device, void* event, void* stream);
  int (*event_synchronize)(int device, void* event);
  int (*event_passed)(int device, void* event, int* out);
  int (*make_current)(int device); /* before kernels of the device are called on this thread */
  /* Names for a profiler's timeline; may be NULL. */
  void (*range_push)(const char* name);
  void (*range_pop)(void);
  int (*gemm)(const MXGemm* call); /* may be NULL, like the next */
  int (*convolve)(const MXConvolution* call);
} MXPlugin;

typedef int (*MXPluginInitFn)(MXPlugin* plugin);
#define MX_PLUGIN_INIT "MXPluginInit"

#ifdef __cplusplus
}
#endif
#endif
