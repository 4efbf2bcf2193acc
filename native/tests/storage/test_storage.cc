#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "mx/base/error.h"
#include "storage/storage.h"

using namespace mx;

TEST_CASE("freed blocks come back, aligned, and leave with empty_cache") {
  storage::empty_cache({});
  const int64_t used = storage::info({}).used;
  void* first = storage::allocate(1000, {});
  CHECK(reinterpret_cast<uintptr_t>(first) % 64 == 0);
  CHECK(storage::info({}).used >= used + 1000);
  storage::release(first, 1000, {});
  CHECK(storage::info({}).used == used);
  CHECK(storage::info({}).cached >= 1000);
  void* second = storage::allocate(990, {});  // of the same size class
  CHECK(second == first);
  storage::release(second, 990, {});
  storage::empty_cache({});
  CHECK(storage::info({}).cached == 0);
}

TEST_CASE("the limit bounds what is kept") {
  storage::empty_cache({});
  storage::set_limit({}, 1 << 20);
  std::vector<void*> blocks;
  for (int i = 0; i < 8; ++i) blocks.push_back(storage::allocate(512 << 10, {}));
  for (void* block : blocks) storage::release(block, 512 << 10, {});
  CHECK(storage::info({}).cached <= 1 << 20);
  storage::set_limit({}, -1);
}

TEST_CASE("large blocks stand at the border of huge pages and can be written to their end") {
  constexpr int64_t kHuge = int64_t{2} << 20;
  for (const int64_t bytes : {kHuge, kHuge + 1, 3 * kHuge + 12345}) {
    auto* block = static_cast<unsigned char*>(storage::allocate(static_cast<size_t>(bytes), {}));
    CHECK(reinterpret_cast<uintptr_t>(block) % kHuge == 0);
    block[0] = 1, block[bytes - 1] = 2;
    storage::release(block, static_cast<size_t>(bytes), {});
  }
  storage::empty_cache({});
  CHECK(storage::info({}).cached == 0);
}

TEST_CASE("blocks of sizes that nobody needs any more are given back for new ones") {
  storage::empty_cache({});
  const int64_t peak = storage::info({}).peak;
  const size_t step = static_cast<size_t>(peak / 8 + (int64_t{16} << 20));
  for (size_t i = 1; i <= 16; ++i) {
    void* block = storage::allocate(i * step, {});
    storage::release(block, i * step, {});
    const MXMemoryInfo info = storage::info({});
    CHECK(info.used + info.cached <= info.peak + info.peak / 2);
  }
  storage::empty_cache({});
}

TEST_CASE("every size fits in the block of its class") {
  for (size_t bytes = 1; bytes < 20000; bytes += 7) {
    void* block = storage::allocate(bytes, {});
    std::memset(block, 1, bytes);
    storage::release(block, bytes, {});
  }
}

TEST_CASE("impossible sizes are an error that says what is in use") {
  CHECK_THROWS_WITH_AS(storage::allocate(size_t{1} << 60, {}), doctest::Contains("bytes are in use"), Error);
  CHECK_THROWS_WITH_AS(storage::allocate(16, Device{MX_GPU, 0}), doctest::Contains("CUDA plugin"), Error);
}

TEST_CASE("threads never share a block") {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      for (int i = 0; i < 2000; ++i) {
        auto* block = static_cast<unsigned char*>(storage::allocate(256, {}));
        std::memset(block, t, 256);
        for (int k = 0; k < 256; ++k) REQUIRE(block[k] == t);
        storage::release(block, 256, {});
      }
    });
  for (std::thread& thread : threads) thread.join();
}
