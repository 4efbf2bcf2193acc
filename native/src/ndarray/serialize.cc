#include "ndarray/serialize.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "device/copy.h"
#include "mx/base/error.h"
#include "mx/base/wished_shape.h"

namespace mx {

namespace {

constexpr uint64_t kListMagic = 0x112;
constexpr uint32_t kV1 = 0xF993FAC8, kV2 = 0xF993FAC9, kV3 = 0xF993FACA;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

File open(const std::string& name, const char* mode, const char* op) {
  File file(std::fopen(name.c_str(), mode));
  MX_CHECK(file, kFile, "[", op, "] can't open ", name, ": ", std::strerror(errno));
  return file;
}

// Bytes of a stranger: nothing is read or allocated beyond what is really there.
class Reader {
 public:
  Reader(std::FILE* file, std::string source) : file_(file), source_(std::move(source)) {
    std::fseek(file_, 0, SEEK_END);
    const long size = std::ftell(file_);
    std::fseek(file_, 0, SEEK_SET);
    MX_CHECK(size >= 0, kFile, "[load] ", source_, " is no regular file");
    end_ = static_cast<uint64_t>(size);
  }
  Reader(const void* data, size_t bytes, std::string source)
      : data_(static_cast<const char*>(data)), end_(bytes), source_(std::move(source)) {}

  void read(void* to, uint64_t bytes, const char* what) {
    if (bytes > remaining())
      fail(
          str(what, " takes ", bytes, " bytes, but only ", remaining(), " are left: the file is truncated or damaged"));
    if (bytes == 0) return;
    if (data_) {
      std::memcpy(to, data_ + at_, bytes);
    } else if (std::fread(to, 1, bytes, file_) != bytes) {
      fail(str("can't read ", what, ": ", std::strerror(errno)));
    }
    at_ += bytes;
  }
  template <class T>
  T get(const char* what) {
    T value;
    read(&value, sizeof value, what);
    return value;
  }
  uint64_t remaining() const { return end_ - at_; }
  [[noreturn]] void fail(const std::string& what) const {
    raise(ErrorKind::kFile, "[load] ", source_, ", byte ", at_, ": ", what);
  }

 private:
  std::FILE* file_ = nullptr;
  const char* data_ = nullptr;
  uint64_t at_ = 0, end_ = 0;
  std::string source_;
};

template <class Dim>
Shape read_shape(Reader& in, int32_t ndim) {
  if (ndim < 0 || ndim > kMaxNdim)
    in.fail(str("an array of ", ndim, " dimensions: this is no .params file, or a damaged one"));
  Shape shape = Shape::scalar();
  for (int32_t i = 0; i < ndim; ++i) {
    const auto dim = static_cast<int64_t>(in.get<Dim>("a dimension"));
    if (dim < 0) in.fail(str("a dimension of ", dim));
    shape.push_back(dim);
  }
  return shape;
}

NDArrayRef none() { return make_ref<NDArray>(Shape(), DType::kFloat32); }

NDArrayRef read_record(Reader& in) {
  const auto magic = in.get<uint32_t>("an array");
  Shape shape;
  if (magic == kV2 || magic == kV3) {
    const auto storage = in.get<int32_t>("the storage type");
    if (storage == 1 || storage == 2)
      raise(ErrorKind::kUnsupported, "[load] the file holds a ", storage == 1 ? "row_sparse" : "csr",
            " array; this version of mx reads dense arrays only");
    if (storage != 0) in.fail(str("unknown storage type ", storage));
    const auto ndim = in.get<int32_t>("the number of dimensions");
    if (magic == kV3 ? ndim == -1 : ndim == 0) return none();
    shape = read_shape<int64_t>(in, ndim);
  } else if (magic == kV1) {
    shape = read_shape<int64_t>(in, in.get<int32_t>("the number of dimensions"));
    if (shape.ndim == 0) return none();
  } else {  // before there was a magic number, the record began with the number of dimensions
    if (magic > kMaxNdim) in.fail(str(magic, " is neither an array's mark nor a number of dimensions"));
    shape = read_shape<uint32_t>(in, static_cast<int32_t>(magic));
    if (shape.ndim == 0) return none();
  }
  in.get<int32_t>("the device type");  // arrays of a lost GPU come to the CPU
  in.get<int32_t>("the device id");
  const auto flag = in.get<int32_t>("the dtype");
  if (!is_valid_dtype(flag)) in.fail(str("unknown dtype ", flag));
  const auto dtype = static_cast<DType>(flag);
  uint64_t bytes = size_of(dtype);
  for (int64_t dim : shape)
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(dim), &bytes)) bytes = UINT64_MAX;
  if (bytes > in.remaining())
    in.fail(str("an array of shape ", shape, " and dtype ", dtype, " is announced, but only ", in.remaining(),
                " bytes are left: the file is truncated or damaged"));
  auto array = make_ref<NDArray>(shape, dtype);
  in.read(array->data(), bytes, "an array");
  return array;
}

ArrayList read_list(Reader& in) {
  if (in.remaining() < 24 || in.get<uint64_t>("the header") != kListMagic)
    in.fail("this is no .params file: it doesn't begin with the mark of one");
  in.get<uint64_t>("the header");
  const auto count = in.get<uint64_t>("the number of arrays");
  if (count > in.remaining() / 4) in.fail(str(count, " arrays are announced, more than the file can hold"));
  ArrayList list;
  for (uint64_t i = 0; i < count; ++i) list.arrays.push_back(read_record(in));
  const auto names = in.get<uint64_t>("the number of names");
  if (names != 0 && names != count) in.fail(str(names, " names for ", count, " arrays"));
  for (uint64_t i = 0; i < names; ++i) {
    const auto length = in.get<uint64_t>("the length of a name");
    if (length > in.remaining()) in.fail(str("a name of ", length, " bytes, but only ", in.remaining(), " are left"));
    std::string name(length, '\0');
    in.read(name.data(), length, "a name");
    list.names.push_back(std::move(name));
  }
  return list;
}

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// A single number has no axes. In version 2 nothing at all has none, and no elements follow.
std::string record_header(const NDArray& array) {
  const bool v3 = numpy_shapes() || array.shape.ndim == 0;
  std::string out;
  put(out, v3 ? kV3 : kV2);
  put(out, int32_t{0});
  put(out, static_cast<int32_t>(v3 ? array.shape.ndim : std::max(array.shape.ndim, 0)));
  for (int64_t dim : array.shape) put(out, dim);
  if (array.shape.ndim >= 0) {
    put(out, int32_t{MX_CPU});
    put(out, int32_t{0});
    put(out, static_cast<int32_t>(array.dtype));
  }
  return out;
}

}  // namespace

std::string save_record(const NDArray& array) {
  const NDArrayRef host = device::on_cpu(array);
  wait_to_read(*host);
  std::string out = record_header(array);
  if (array.shape.ndim >= 0) out.append(static_cast<const char*>(host->data()), array.bytes());
  return out;
}

NDArrayRef load_record(const void* data, size_t bytes) {
  Reader in(data, bytes, "the array record");
  return read_record(in);
}

void save_list(const std::string& name, const std::vector<NDArrayRef>& arrays, const std::vector<std::string>& names) {
  MX_CHECK(names.empty() || names.size() == arrays.size(), kValue, "[save] ", names.size(), " names for ",
           arrays.size(), " arrays");
  // A reader never sees half a file, and a full disk costs nobody the old one. Devices and pipes are written to as they
  // are, and a link keeps its place: the file behind it is replaced.
  std::error_code unreadable;
  const bool exists = std::filesystem::exists(name, unreadable);
  const bool replaces = !exists || std::filesystem::is_regular_file(name, unreadable);
  const std::string target = exists && replaces ? std::filesystem::canonical(name, unreadable).string() : name;
  static std::atomic<unsigned> saves{0};  // several threads may save one file
  const std::string temporary = replaces ? str(target, ".tmp", getpid(), ".", saves.fetch_add(1)) : name;
  bool ok = true;
  {
    const File file = open(temporary, "wb", "save");
    const auto write = [&](const void* data, size_t bytes) {
      ok = ok && (bytes == 0 || std::fwrite(data, 1, bytes, file.get()) == bytes);
    };
    std::string head;
    put(head, kListMagic);
    put(head, uint64_t{0});
    put(head, static_cast<uint64_t>(arrays.size()));
    write(head.data(), head.size());
    for (const NDArrayRef& given : arrays) {
      const NDArrayRef array = device::on_cpu(*given);
      wait_to_read(*array);
      const std::string header = record_header(*array);
      write(header.data(), header.size());
      if (array->shape.ndim >= 0) write(array->data(), array->bytes());
    }
    std::string tail;
    put(tail, static_cast<uint64_t>(names.size()));
    for (const std::string& text : names) {
      put(tail, static_cast<uint64_t>(text.size()));
      tail += text;
    }
    write(tail.data(), tail.size());
    ok = ok && std::fflush(file.get()) == 0;
  }
  if (!ok || (replaces && std::rename(temporary.c_str(), target.c_str()) != 0)) {
    const int error = errno;
    if (replaces) std::remove(temporary.c_str());
    raise(ErrorKind::kFile, "[save] can't write ", name, ": ", std::strerror(error));
  }
}

ArrayList load_list(const std::string& name) {
  const File file = open(name, "rb", "load");
  Reader in(file.get(), name);
  return read_list(in);
}

ArrayList load_list(const void* data, size_t bytes, const std::string& source) {
  Reader in(data, bytes, source);
  return read_list(in);
}

}  // namespace mx
