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

enum { MX_GEMM_PLAIN = 0, MX_GEMM_RELU = 1 };

/* c (m, n) = a (m, k) b (k, n) for every matrix of the batch, none of whose dimensions is 0; bias: n values for every
 * row, or NULL; then the activation. Of row and column one is 1. Floating dtypes; neither bias nor an activation comes
 * with float64. */
typedef struct MXGemm {
  uint32_t struct_size;
  int32_t device;
  void* stream;
  int64_t batch, m, n, k;
  MXMatrices a, b, c;
  const void* bias;
  int32_t dtype, activation;
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

/* ---- several devices together: of a vendor's library ------------------------------------------------------------- */

enum { MX_ALL_REDUCE = 0, MX_BROADCAST = 1, MX_ALL_GATHER = 2, MX_REDUCE_SCATTER = 3 };
enum { MX_REDUCE_SUM = 0, MX_REDUCE_PROD = 1, MX_REDUCE_MAX = 2, MX_REDUCE_MIN = 3 };
#define MX_COMM_ID_BYTES 128

/* The devices of one process that join a group; the other ranks join from other processes, with the same id. */
typedef struct MXCommJoin {
  uint32_t struct_size;
  int32_t ranks; /* of the whole group */
  int32_t count; /* of the devices here */
  int32_t reserved;
  const int32_t* devices; /* `count` of them */
  const int32_t* rank;    /* of each of these devices, 0..ranks-1 */
  const char* id;         /* MX_COMM_ID_BYTES bytes, of comm_id() in one of the processes */
} MXCommJoin;

/* Each device of the process gives `from` and `to`, which may be one array, and a stream. `size`: elements in `from` of
 * one device, or in `to` where that is the smaller array (MX_REDUCE_SCATTER). Dtypes but bool. */
typedef struct MXCollective {
  uint32_t struct_size;
  int32_t kind, dtype, op; /* op: of the two that reduce */
  int32_t root, reserved;  /* the rank whose `from` is broadcast */
  int64_t size;
  const void* const* from;
  void* const* to;
  void* const* streams;
} MXCollective;

/* ---- kernels from text: of a vendor's compiler ------------------------------------------------------------------- */

typedef struct MXSource {
  uint32_t struct_size;
  int32_t num_options;
  const char* name; /* in messages: "fused.cu" */
  const char* text;
  const char* const* options; /* those of nvrtc: "--gpu-architecture=sm_90", "--std=c++20" */
  int32_t virtual_code;       /* PTX, which every later device takes; else machine code */
  int32_t reserved;
  void (*take)(void* context, const void* code, size_t bytes); /* called once, before compile() returns */
  void (*log)(void* context, const char* text);                /* warnings, where there are any; may be NULL */
  void* context;
} MXSource;

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

/* ---- operators of a library's own: see define_operator ------------------------------------------------------------
 */

#define MX_PLUGIN_MAX_NDIM 12
#define MX_PLUGIN_MAX_PARAMS 16

typedef struct MXShapeCall {
  uint32_t struct_size;
  int32_t num_in, num_out, reserved;
  const char* const* params; /* as in MXOperatorDef::forward */
  const MXTensor* in;        /* without data and dtype */
  int32_t* ndim;             /* to fill: of every output, up to MX_PLUGIN_MAX_NDIM */
  int64_t (*dims)[MX_PLUGIN_MAX_NDIM];
} MXShapeCall;

/* Everything is copied. Inputs and outputs have one dtype; parameters are texts. */
typedef struct MXOperatorDef {
  uint32_t struct_size;
  int32_t num_in, num_out, num_params; /* up to MX_PLUGIN_MAX_PARAMS of the last */
  const char *name, *doc;              /* a name that begins with _ gets no Python function */
  const char *const *inputs, *const *outputs, *const *params;
  const char* const* defaults; /* of the parameters; NULL among them: that one must be given */
  /* Called when the inputs' shapes are known. NULL: outputs have the shape of the first input. */
  int (*infer_shape)(const MXShapeCall* call);
  /* On host memory, where device is -1 and stream NULL; and on the memory of GPUs. Either may be NULL. `params` of a
   * call is a const char* const*: the text of every parameter, in order. */
  MXOperatorFn forward, forward_on_device;
  /* Of an operator defined before, or NULL: it gets the gradients of the outputs, the inputs and the outputs, has the
   * same parameters, and computes the gradients of the inputs. */
  const char* gradient;
} MXOperatorDef;

/* ---- the table --------------------------------------------------------------------------------------------------- */

typedef struct MXDeviceProperties {
  char name[128];
  int64_t total_bytes;
  int32_t major, minor; /* compute capability */
  int32_t processors;
} MXDeviceProperties;

enum { MX_COPY_TO_DEVICE = 1, MX_COPY_TO_HOST = 2, MX_COPY_ON_DEVICE = 3 };

/* Unless said otherwise a function returns 0, or non-zero after set_error; everything may be called on any thread. The
 * table stays where it is. */
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
  int (*gemm)(const MXGemm* call); /* may be NULL, like all that follow */
  int (*convolve)(const MXConvolution* call);
  int (*comm_id)(char* id);                                /* a new one, MX_COMM_ID_BYTES bytes */
  int (*comm_join)(const MXCommJoin* group, void** out);   /* returns when all ranks have joined */
  int (*comm_leave)(void* comm);                           /* after the work on it has ended */
  int (*collective)(void* comm, const MXCollective* call); /* all processes call in the same order; does not wait */
  int (*compile)(const MXSource* source);                  /* what the compiler refuses is in the error */

  /* Set by libmx, for libraries that mx.library.load() opens: they define operators, and need not set anything. */
  int (*define_operator)(const MXOperatorDef* def);
} MXPlugin;

typedef int (*MXPluginInitFn)(MXPlugin* plugin);
#define MX_PLUGIN_INIT "MXPluginInit"

#ifdef __cplusplus
}
#endif
#endif
