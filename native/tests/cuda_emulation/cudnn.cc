// cuDNN's graph interface over the emulated runtime, as far as convolutions use it: plain reference loops, one emulated
// thread for each element. It is strict where the real library is: descriptors must be whole, of the right types, and
// finalized before others refer to them, and arrays must lie where the plan was told.
#include "cudnn.h"

#include <cuda_runtime.h>

#include <map>
#include <vector>

#include "element.h"

namespace mx::cuda::cudnn {
namespace {

constexpr Status kBadParameter = 2000, kNotSupported = 3000, kExecutionFailed = 5000;
constexpr int64_t kWorkspace = 4096;

struct Value {
  AttributeType type;
  std::vector<int64_t> words;  // of 8 bytes each
};
// What a descriptor refers to is copied when it is set.
struct Object {
  DescriptorType type;
  bool finalized = false;
  std::map<int, Value> values;
  std::map<int, Object> parts;
  bool refused = false;  // an engine that heuristics advise, but that does not take the graph

  bool has(std::initializer_list<int> attributes) const {
    for (int a : attributes)
      if (!values.contains(a) && !parts.contains(a)) return false;
    return true;
  }
  const std::vector<int64_t>& all(int attribute) const { return values.at(attribute).words; }
  int64_t one(int attribute) const { return all(attribute).at(0); }
};
Object& object(Descriptor d) { return *static_cast<Object*>(d); }

size_t bytes_of(AttributeType type) {
  return type == kDataType || type == kFloat || type == kConvolutionModeType || type == kHeuristicModeType ? 4 : 8;
}

struct Images {
  void* data;
  int64_t dims[5], strides[5];
};
// A launch checks that the pointers are memory of its device.
struct Call {
  int kind, rank;
  mx::DType type;
  int padding;
  Images x, w, y;
  int64_t stride[3], dilate[3], before[3];
  char* workspace;
};

int64_t offset(const Images& t, int64_t first, int64_t second, const int64_t* space, int rank) {
  int64_t at = first * t.strides[0] + second * t.strides[1];
  for (int i = 0; i < rank; ++i) at += space[i] * t.strides[2 + i];
  return at;
}

// Calls fn with every index below `dims`.
template <class F>
void walk(const int64_t* dims, int rank, F fn) {
  int64_t index[3] = {}, n = 1;
  for (int i = 0; i < rank; ++i) n *= dims[i];
  for (int64_t k = 0; k < n; ++k) {
    int64_t rest = k;
    for (int i = rank - 1; i >= 0; --i) index[i] = rest % dims[i], rest /= dims[i];
    fn(static_cast<const int64_t*>(index));
  }
}

// The sum over all triples (x, w, y) that meet in the one element of the output that this thread computes.
void convolve_element(Call c) {
  const Images& out = c.kind == 0 ? c.y : c.kind == 1 ? c.x : c.w;
  int64_t at[5], rest = blockIdx.x;
  for (int i = c.rank + 1; i >= 0; --i) at[i] = rest % out.dims[i], rest /= out.dims[i];
  c.workspace[kWorkspace - 1] = 1;
  const int64_t channels = c.w.dims[1], groups = c.x.dims[1] / channels, filters = c.w.dims[0] / groups;
  double sum = 0;
  const auto add = [&](int64_t n, int64_t filter, int64_t channel, const int64_t* tap, const int64_t* o) {
    int64_t i[3];
    for (int k = 0; k < c.rank; ++k) {
      i[k] = o[k] * c.stride[k] - c.before[k] + tap[k] * c.dilate[k];
      if (i[k] < 0 || i[k] >= c.x.dims[2 + k]) return;
      if (c.kind == 1 && i[k] != at[2 + k]) return;
    }
    const int64_t whole = filter / filters * channels + channel;
    const int64_t x = offset(c.x, n, whole, i, c.rank), w = offset(c.w, filter, channel, tap, c.rank),
                  y = offset(c.y, n, filter, o, c.rank);
    sum += c.kind == 0   ? get(c.x.data, c.type, x) * get(c.w.data, c.type, w)
           : c.kind == 1 ? get(c.y.data, c.type, y) * get(c.w.data, c.type, w)
                         : get(c.x.data, c.type, x) * get(c.y.data, c.type, y);
  };
  const int64_t *taps = c.w.dims + 2, *places = c.y.dims + 2;
  if (c.kind == 0)
    for (int64_t channel = 0; channel < channels; ++channel)
      walk(taps, c.rank, [&](const int64_t* tap) { add(at[0], at[1], channel, tap, at + 2); });
  else if (c.kind == 1)
    for (int64_t f = 0; f < filters; ++f)
      walk(taps, c.rank, [&](const int64_t* tap) {
        walk(places, c.rank,
             [&](const int64_t* o) { add(at[0], at[1] / channels * filters + f, at[1] % channels, tap, o); });
      });
  else
    for (int64_t n = 0; n < c.x.dims[0]; ++n)
      walk(places, c.rank, [&](const int64_t* o) { add(n, at[0], at[1], at + 2, o); });
  put(out.data, c.type, offset(out, at[0], at[1], at + 2, c.rank), sum);
}

int first_of(DescriptorType type) {
  return type == kForward ? kForwardAlpha : type == kBackwardData ? kBackwardDataAlpha : kBackwardFilterAlpha;
}

// Do the sizes of an operation belong together?
Status check_operation(const Object& op) {
  const int first = first_of(op.type);
  if (!op.has({first, first + 1, first + 2, first + 3, first + 4, first + 5})) return kBadParameter;
  const Object &window = op.parts.at(first + 2), &w = op.parts.at(first + 3), &x = op.parts.at(first + 4),
               &y = op.parts.at(first + 5);
  const auto rank = static_cast<size_t>(window.one(kConvolutionSpatialDims));
  const bool wide = x.one(kTensorDataType) == kFloat64;
  if (x.all(kTensorDims).size() != rank + 2 || w.one(kTensorDataType) != x.one(kTensorDataType)) return kBadParameter;
  if (window.one(kConvolutionComputeType) != (wide ? kFloat64 : kFloat32)) return kNotSupported;
  if (op.values.at(first).type != (wide ? kDouble : kFloat)) return kBadParameter;
  for (size_t i = 0; i < rank; ++i) {
    const int64_t extent = window.all(kConvolutionDilations)[i] * (w.all(kTensorDims)[2 + i] - 1) + 1,
                  space = x.all(kTensorDims)[2 + i] + window.all(kConvolutionPaddingBefore)[i] +
                          window.all(kConvolutionPaddingAfter)[i] - extent;
    if (space < 0 || space / window.all(kConvolutionStrides)[i] + 1 != y.all(kTensorDims)[2 + i]) return kBadParameter;
  }
  return x.all(kTensorDims)[1] % w.all(kTensorDims)[1] ? kBadParameter : 0;
}

}  // namespace

struct Context {
  cudaStream_t stream = nullptr;
};

extern "C" {

Status cudnnCreate(Handle* to) { return *to = new Context, 0; }
Status cudnnSetStream(Handle handle, cudaStream_t stream) { return handle->stream = stream, 0; }

Status cudnnBackendCreateDescriptor(DescriptorType type, Descriptor* to) {
  return *to = new Object{type, false, {}, {}, false}, 0;
}
Status cudnnBackendDestroyDescriptor(Descriptor d) { return delete &object(d), 0; }

Status cudnnBackendSetAttribute(Descriptor d, Attribute attribute, AttributeType type, int64_t count,
                                const void* values) {
  Object& to = object(d);
  if (to.finalized) return kBadParameter;
  if (type == kDescriptor) {
    const Object& part = object(*static_cast<const Descriptor*>(values));
    if (!part.finalized || count != 1) return kBadParameter;
    to.parts.insert_or_assign(attribute, part);
    return 0;
  }
  Value value{type, std::vector<int64_t>(static_cast<size_t>(count))};
  for (int64_t i = 0; i < count; ++i)
    memcpy(&value.words[static_cast<size_t>(i)], static_cast<const char*>(values) + i * int64_t(bytes_of(type)),
           bytes_of(type));
  to.values.insert_or_assign(attribute, value);
  return 0;
}

// The first engine that is advised takes nothing: who reads the list must go on to the second.
Status cudnnBackendGetAttribute(Descriptor d, Attribute attribute, AttributeType, int64_t wanted, int64_t* count,
                                void* values) {
  const Object& from = object(d);
  if (!from.finalized) return kBadParameter;
  if (attribute == kPlanWorkspace) return memcpy(values, &kWorkspace, sizeof kWorkspace), *count = 1, 0;
  if (attribute != kHeuristicResults) return kNotSupported;
  *count = 2;
  for (int64_t i = 0; i < wanted; ++i) {
    Object& config = object(static_cast<Descriptor*>(values)[i]);
    config.finalized = true, config.refused = i == 0;
    config.parts.insert_or_assign(kGraphOperations, from.parts.at(kHeuristicGraph).parts.at(kGraphOperations));
  }
  return 0;
}

Status cudnnBackendFinalize(Descriptor d) {
  Object& o = object(d);
  Status status = 0;
  if (o.type == kTensor &&
      !(o.has({kTensorDataType, kTensorDims, kTensorStrides, kTensorId, kTensorAlignment}) &&
        o.all(kTensorDims).size() >= 4 && o.all(kTensorDims).size() == o.all(kTensorStrides).size()))
    status = kBadParameter;
  if (o.type == kConvolution && !o.has({kConvolutionComputeType, kConvolutionModeOf, kConvolutionDilations,
                                        kConvolutionStrides, kConvolutionPaddingAfter, kConvolutionPaddingBefore}))
    status = kBadParameter;
  if (o.type == kForward || o.type == kBackwardData || o.type == kBackwardFilter) status = check_operation(o);
  if (o.type == kGraph && !o.has({kGraphHandle, kGraphOperations})) status = kBadParameter;
  if (o.type == kPlan && (!o.has({kPlanHandle, kPlanEngineConfig}) || o.parts.at(kPlanEngineConfig).refused))
    status = kNotSupported;
  o.finalized = status == 0;
  return status;
}

// A plan is executed with the handle that it was made with: so no two threads share one.
Status cudnnBackendExecute(Handle handle, Descriptor plan, Descriptor pack) {
  if (object(plan).one(kPlanHandle) != static_cast<int64_t>(reinterpret_cast<intptr_t>(handle))) return kBadParameter;
  const Object &op = object(plan).parts.at(kPlanEngineConfig).parts.at(kGraphOperations), &given = object(pack);
  const int first = first_of(op.type);
  const Object& window = op.parts.at(first + 2);
  Call call{};
  call.kind = op.type == kForward ? 0 : op.type == kBackwardData ? 1 : 2;
  call.rank = static_cast<int>(window.one(kConvolutionSpatialDims));
  call.workspace = reinterpret_cast<char*>(given.one(kPackWorkspace));
  bool whole = true;
  const auto images = [&](int attribute) {
    const Object& t = op.parts.at(attribute);
    Images to{};
    for (size_t i = 0; i < 3; ++i)
      if (given.all(kPackIds).at(i) == t.one(kTensorId)) to.data = reinterpret_cast<void*>(given.all(kPackPointers)[i]);
    whole = whole && to.data && reinterpret_cast<uintptr_t>(to.data) % uint64_t(t.one(kTensorAlignment)) == 0;
    for (int i = 0; i < call.rank + 2; ++i)
      to.dims[i] = t.all(kTensorDims)[size_t(i)], to.strides[i] = t.all(kTensorStrides)[size_t(i)];
    const int64_t type = t.one(kTensorDataType);
    call.type = type == kFloat64    ? mx::DType::kFloat64
                : type == kFloat16  ? mx::DType::kFloat16
                : type == kBfloat16 ? mx::DType::kBfloat16
                                    : mx::DType::kFloat32;
    return to;
  };
  call.w = images(first + 3), call.x = images(first + 4), call.y = images(first + 5);
  if (!whole) return kBadParameter;
  for (size_t i = 0; i < size_t(call.rank); ++i) {
    call.stride[i] = window.all(kConvolutionStrides)[i], call.dilate[i] = window.all(kConvolutionDilations)[i];
    call.before[i] = window.all(kConvolutionPaddingBefore)[i];
  }
  const Images& out = call.kind == 0 ? call.y : call.kind == 1 ? call.x : call.w;
  int64_t n = 1;
  for (int i = 0; i < call.rank + 2; ++i) n *= out.dims[i];
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(unsigned(n)), config.blockDim = dim3(1), config.stream = handle->stream;
  return cudaLaunchKernelEx(&config, convolve_element, call) == cudaSuccess ? 0 : kExecutionFailed;
}

}  // extern "C"
}  // namespace mx::cuda::cudnn
