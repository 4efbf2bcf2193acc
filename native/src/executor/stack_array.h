// An array whose length is known when it is made; short ones live on the stack.
#pragma once
#include <cstddef>
#include <memory>
#include <span>

namespace mx {

template <class T, size_t N>
class StackArray {
 public:
  explicit StackArray(size_t size) : size_(size) {
    if (size > N) heap_ = std::make_unique<T[]>(size);
    data_ = heap_ ? heap_.get() : inline_;
  }
  StackArray(const StackArray&) = delete;

  T& operator[](size_t i) { return data_[i]; }
  size_t size() const { return size_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  std::span<T> span() { return {data_, size_}; }
  std::span<T> first(size_t count) { return {data_, count}; }
  std::span<T> from(size_t start) { return {data_ + start, size_ - start}; }

 private:
  T inline_[N];
  std::unique_ptr<T[]> heap_;
  T* data_;
  size_t size_;
};

}  // namespace mx
