#include <cstring>
#include <string>
#include <vector>

#include "c_api/guard.h"
#include "device/copy.h"
#include "ndarray/dlpack.h"
#include "ndarray/serialize.h"

using namespace mx;
using c_api::guard;

// A loaded file, with what C callers look at.
struct MXNDArrayList {
  ArrayList list;
  std::vector<MXNDArrayHandle> handles;
  std::vector<const char*> names;

  explicit MXNDArrayList(ArrayList loaded) : list(std::move(loaded)) {
    for (const NDArrayRef& array : list.arrays) handles.push_back(c_api::borrow(array));
    for (const std::string& name : list.names) names.push_back(name.c_str());
  }
};

int MXNDArrayCreate(const int64_t* dims, int ndim, int dtype, int device_type, int device_id, MXNDArrayHandle* out) {
  return guard([&] {
    *out =
        c_api::give(make_ref<NDArray>(c_api::shape(dims, ndim), c_api::dtype(dtype), Device{device_type, device_id}));
  });
}

int MXNDArrayFromMemory(void* data, const int64_t* dims, int ndim, int dtype, void (*release)(void*), void* context,
                        MXNDArrayHandle* out) {
  return guard([&] {
    const Shape shape = c_api::shape(dims, ndim);
    const DType type = c_api::dtype(dtype);
    const auto bytes = static_cast<size_t>(checked_bytes(shape, type));
    auto chunk = make_ref<Chunk>(data, bytes, Device{}, [release, context] {
      if (release) release(context);
    });
    *out = c_api::give(make_ref<NDArray>(std::move(chunk), 0, shape, type));
  });
}

int MXNDArrayRetain(MXNDArrayHandle handle) {
  return guard([&] { c_api::array(handle).retain(); });
}
int MXNDArrayRelease(MXNDArrayHandle handle) {
  return guard([&] {
    if (handle) c_api::array(handle).release();
  });
}

int MXNDArrayGetInfo(MXNDArrayHandle handle, MXArrayInfo* out) {
  return guard([&] {
    const NDArray& a = c_api::array(handle);
    const Device device = a.device();
    *out = {a.data(),
            a.shape.dims,
            a.shape.ndim,
            static_cast<int32_t>(a.dtype),
            device.type,
            device.id,
            a.shape.rank_known() ? a.size() : 0};
  });
}

int MXNDArrayView(MXNDArrayHandle handle, int64_t offset, const int64_t* dims, int ndim, MXNDArrayHandle* out) {
  return guard([&] { *out = c_api::give(c_api::array(handle).view(offset, c_api::shape(dims, ndim))); });
}

int MXNDArrayWaitToRead(MXNDArrayHandle handle) {
  return guard([&] { wait_to_read(c_api::array(handle)); });
}
int MXNDArrayWaitToWrite(MXNDArrayHandle handle) {
  return guard([&] { wait_to_write(c_api::array(handle)); });
}
int MXNDArrayGetVersion(MXNDArrayHandle handle, uint64_t* out) {
  return guard([&] { *out = c_api::array(handle).version(); });
}
int MXNDArrayShareMemory(MXNDArrayHandle handle) {
  return guard([&] {
    const NDArray& a = c_api::array(handle);
    if (a.chunk) a.chunk->shared.store(true, std::memory_order_release);
  });
}

namespace {
void check_bytes(const char* op, const NDArray& a, size_t bytes) {
  MX_CHECK(a.chunk, kValue, "[", op, "] the array is none: it has no memory");
  MX_CHECK(bytes == a.bytes(), kValue, "[", op, "] got ", bytes, " bytes for an array of shape ", a.shape,
           " and dtype ", a.dtype, ", which takes ", a.bytes());
}
}  // namespace

int MXNDArrayCopyFromHost(MXNDArrayHandle handle, const void* data, size_t bytes) {
  return guard([&] {
    NDArray& a = c_api::array(handle);
    check_bytes("copy from host", a, bytes);
    Var* const writes[] = {&a.chunk->var};
    const Access access({}, writes);
    if (!a.device().is_cpu()) return device::copy_from_host(a, data, bytes);
    if (bytes) std::memcpy(a.data(), data, bytes);
  });
}
int MXNDArrayCopyToHost(MXNDArrayHandle handle, void* data, size_t bytes) {
  return guard([&] {
    NDArray& a = c_api::array(handle);
    check_bytes("copy to host", a, bytes);
    Var* const reads[] = {&a.chunk->var};
    const Access access(reads, {});
    if (!a.device().is_cpu()) return device::copy_to_host(a, data, bytes);
    if (bytes) std::memcpy(data, a.data(), bytes);
  });
}
int MXNDArrayCopyTo(MXNDArrayHandle from, MXNDArrayHandle to) {
  return guard([&] { copy(c_api::array(from), c_api::array(to)); });
}

int MXNDArrayToDLPack(MXNDArrayHandle handle, void** out) {
  return guard([&] { *out = to_dlpack(NDArrayRef(&c_api::array(handle))); });
}
int MXNDArrayFromDLPack(void* managed, MXNDArrayHandle* out) {
  return guard([&] { *out = c_api::give(from_dlpack(static_cast<DLManagedTensor*>(managed))); });
}

int MXNDArraySave(const char* file, const MXNDArrayHandle* handles, const char* const* names, int count) {
  return guard([&] {
    std::vector<NDArrayRef> arrays;
    std::vector<std::string> texts;
    for (int i = 0; i < count; ++i) {
      arrays.emplace_back(&c_api::array(handles[i]));
      if (names) texts.emplace_back(names[i]);
    }
    save_list(file, arrays, texts);
  });
}
int MXNDArrayLoad(const char* file, MXNDArrayListHandle* out) {
  return guard([&] { *out = new MXNDArrayList(load_list(file)); });
}
int MXNDArrayLoadBuffer(const void* data, size_t bytes, MXNDArrayListHandle* out) {
  return guard([&] { *out = new MXNDArrayList(load_list(data, bytes, "the buffer")); });
}
int MXNDArrayListGet(MXNDArrayListHandle list, int* count, const MXNDArrayHandle** arrays, const char* const** names) {
  return guard([&] {
    *count = static_cast<int>(list->handles.size());
    *arrays = list->handles.data();
    *names = list->names.empty() ? nullptr : list->names.data();
  });
}
int MXNDArrayListRelease(MXNDArrayListHandle list) {
  return guard([&] { delete list; });
}

int MXNDArraySaveRaw(MXNDArrayHandle handle, const void** data, size_t* bytes) {
  return guard([&] {
    thread_local std::string record;
    record = save_record(c_api::array(handle));
    *data = record.data();
    *bytes = record.size();
  });
}
int MXNDArrayLoadRaw(const void* data, size_t bytes, MXNDArrayHandle* out) {
  return guard([&] { *out = c_api::give(load_record(data, bytes)); });
}
