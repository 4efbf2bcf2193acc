#include "device/copy.h"

#include <algorithm>
#include <cstring>

#include "device/memory.h"
#include "device/plugin.h"
#include "device/scope.h"
#include "engine/wait.h"

namespace mx::device {
namespace {

// Orders the current stream of `device` around work on one or two arrays.
class Transfer {
 public:
  explicit Transfer(int device) : stream_(Stream::current(device)) {}
  ~Transfer() {
    const uint64_t ticket = stream_.advance();
    for (int i = 0; i < count_; ++i) touched_[i].uses->after(stream_, ticket, touched_[i].write, "copyto");
  }
  Transfer(const Transfer&) = delete;
  void touch(const NDArray& array, bool write) {
    Uses* uses = array.chunk->var.uses;
    if (!uses) return;
    uses->before(stream_, write);
    touched_[count_++] = {uses, write};
  }
  const Stream& stream() const { return stream_; }

 private:
  struct Touched {
    Uses* uses;
    bool write;
  };
  Stream& stream_;
  Touched touched_[2];
  int count_ = 0;
};

void copy_and_wait(void* pinned, const void* from, size_t bytes, const Stream& stream) {
  check(plugin().copy(stream.device, pinned, from, bytes, MX_COPY_TO_HOST, stream.handle), "copyto", stream.device);
  int status = 0;
  engine::while_waiting([&] { status = plugin().stream_synchronize(stream.device, stream.handle); });
  check(status, "copyto", stream.device);
}

// Straight from memory that the GPU reads by itself. Later writers of `from` wait for it; those to whom the memory was
// lent do not.
bool copy_from_pinned(const NDArray& from, const NDArray& to) {
  if (!from.chunk->var.pinned() || from.chunk->shared) return false;
  const int device = to.device().id;
  Transfer transfer(device);
  transfer.touch(from, false);
  transfer.touch(to, true);
  check(plugin().copy(device, to.data(), from.data(), from.bytes(), MX_COPY_TO_DEVICE, transfer.stream().handle),
        "copyto", device);
  return true;
}

bool overlap(const NDArray& a, const NDArray& b) {
  return a.byte_offset < b.byte_offset + b.bytes() && b.byte_offset < a.byte_offset + a.bytes();
}

}  // namespace

void copy_from_host(const NDArray& to, const void* data, size_t bytes) {
  const int device = to.device().id;
  Transfer transfer(device);
  transfer.touch(to, true);
  const Stream& stream = transfer.stream();
  for (size_t at = 0; at < bytes; at += Pinned::kBytes) {
    const size_t n = std::min(Pinned::kBytes, bytes - at);
    Pinned piece(device);
    std::memcpy(piece.data(), static_cast<const char*>(data) + at, n);
    check(plugin().copy(device, static_cast<char*>(to.data()) + at, piece.data(), n, MX_COPY_TO_DEVICE, stream.handle),
          "copyto", device);
    piece.release_after(stream);
  }
}

void copy_to_host(const NDArray& from, void* data, size_t bytes, bool pinned) {
  from.chunk->var.uses->synchronize(false);  // raises the error of what wrote it
  const int device = from.device().id;
  Transfer transfer(device);
  transfer.touch(from, false);
  const Stream& stream = transfer.stream();
  if (pinned) return copy_and_wait(data, from.data(), bytes, stream);
  for (size_t at = 0; at < bytes; at += Pinned::kBytes) {
    const size_t n = std::min(Pinned::kBytes, bytes - at);
    Pinned piece(device);
    copy_and_wait(piece.data(), static_cast<const char*>(from.data()) + at, n, stream);
    std::memcpy(static_cast<char*>(data) + at, piece.data(), n);
  }
}

void copy(const NDArray& from, const NDArray& to) {
  const size_t bytes = from.bytes();
  const Device source = from.device(), target = to.device();
  if (bytes == 0 || from.data() == to.data()) return;
  if (source.is_cpu()) {
    if (!copy_from_pinned(from, to)) copy_from_host(to, from.data(), bytes);
    return;
  }
  if (target.is_cpu()) return copy_to_host(from, to.data(), bytes, to.chunk->var.pinned());
  if (from.chunk == to.chunk && overlap(from, to)) {  // the result would depend on the order of the copies
    const auto between = make_ref<NDArray>(from.shape, from.dtype, source);
    device::copy(from, *between);
    return device::copy(*between, to);
  }
  Transfer transfer(target.id);
  transfer.touch(from, false);
  transfer.touch(to, true);
  void* const stream = transfer.stream().handle;
  if (source == target)
    check(plugin().copy(target.id, to.data(), from.data(), bytes, MX_COPY_ON_DEVICE, stream), "copyto", target.id);
  else
    check(plugin().copy_peer(target.id, to.data(), source.id, from.data(), bytes, stream), "copyto", target.id);
}

void fill_zeros(const NDArray& to) {
  if (to.bytes() == 0) return;
  const int device = to.device().id;
  Transfer transfer(device);
  transfer.touch(to, true);
  check(plugin().fill(device, to.data(), 0, to.bytes(), transfer.stream().handle), "zeros", device);
}

NDArrayRef on_cpu(const NDArray& array) {
  if (array.device().is_cpu()) return make_ref<NDArray>(array.chunk, array.byte_offset, array.shape, array.dtype);
  auto host = make_ref<NDArray>(array.shape, array.dtype, Device{});
  mx::copy(array, *host);
  return host;
}

}  // namespace mx::device
