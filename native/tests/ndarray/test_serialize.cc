#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>
#include <string>

#include "mx/base/error.h"
#include "ndarray/serialize.h"

using namespace mx;

namespace {
NDArrayRef counted(const Shape& shape) {
  auto array = make_ref<NDArray>(shape, DType::kFloat32);
  for (int64_t i = 0; i < array->size(); ++i) static_cast<float*>(array->data())[i] = static_cast<float>(i);
  return array;
}
template <class T>
void put(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}
std::string saved(const std::vector<NDArrayRef>& arrays, const std::vector<std::string>& names) {
  const std::string file = "/tmp/mx_test_serialize." + std::to_string(getpid());
  save_list(file, arrays, names);
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::remove(file.c_str());
  return bytes;
}
ArrayList load(const std::string& bytes) { return load_list(bytes.data(), bytes.size(), "test"); }
}  // namespace

TEST_CASE("a list reads back, and has the size that the format says") {
  const std::string bytes = saved({counted({1, 3})}, {"arg:w"});
  CHECK(bytes.size() == 97);
  const ArrayList list = load(bytes);
  CHECK(list.names == std::vector<std::string>{"arg:w"});
  CHECK(list.arrays[0]->shape == Shape{1, 3});
  CHECK(static_cast<float*>(list.arrays[0]->data())[2] == 2);
}

TEST_CASE("a single number and nothing at all are told apart") {
  const ArrayList list = load(saved({counted(Shape::scalar()), make_ref<NDArray>(Shape(), DType::kFloat32)}, {}));
  CHECK(list.arrays[0]->shape == Shape::scalar());
  CHECK(static_cast<float*>(list.arrays[0]->data())[0] == 0);
  CHECK(!list.arrays[1]->shape.rank_known());
}

TEST_CASE("records of versions 0, 1 and 3 are read") {
  for (const int version : {0, 1, 3}) {
    std::string bytes;
    put(bytes, uint64_t{0x112}), put(bytes, uint64_t{0}), put(bytes, uint64_t{1});
    if (version == 1) put(bytes, 0xF993FAC8u);
    if (version == 3) put(bytes, 0xF993FACAu), put(bytes, int32_t{0});
    put(bytes, int32_t{1});
    version == 0 ? put(bytes, uint32_t{2}) : put(bytes, int64_t{2});
    put(bytes, int32_t{2}), put(bytes, int32_t{0}), put(bytes, int32_t{0});  // of gpu(0), float32
    put(bytes, 1.5f), put(bytes, 2.5f);
    put(bytes, uint64_t{0});
    const ArrayList list = load(bytes);
    REQUIRE(list.arrays.size() == 1);
    CHECK(list.arrays[0]->shape == Shape{2});
    CHECK(static_cast<float*>(list.arrays[0]->data())[1] == 2.5f);
  }
}

TEST_CASE("every truncation is an error") {
  const std::string bytes = saved({counted({2, 2}), counted({3})}, {"a", "b"});
  for (size_t n = 0; n < bytes.size(); ++n) CHECK_THROWS_AS(load(bytes.substr(0, n)), Error);
}

TEST_CASE("damaged bytes are an error or another array, never a crash or a huge allocation") {
  const unsigned seed = 11;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::string bytes = saved({counted({2, 2}), counted({3})}, {"a", "b"});
  const int64_t peak = storage::info({}).peak;
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = bytes;
    for (unsigned k = 0; k <= random() % 3; ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    try {
      load(damaged);
    } catch (const Error& e) {
      CHECK(e.kind() != ErrorKind::kInternal);
    }
  }
  CHECK(storage::info({}).peak < peak + (1 << 20));
}

TEST_CASE("an array that claims 2^60 elements is refused before memory is asked for") {
  std::string bytes;
  put(bytes, uint64_t{0x112}), put(bytes, uint64_t{0}), put(bytes, uint64_t{1});
  put(bytes, 0xF993FAC9u), put(bytes, int32_t{0}), put(bytes, int32_t{1}), put(bytes, int64_t{1} << 60);
  put(bytes, int32_t{1}), put(bytes, int32_t{0}), put(bytes, int32_t{0});
  CHECK_THROWS_WITH_AS(load(bytes), doctest::Contains("truncated or damaged"), Error);
}

TEST_CASE("a failed save leaves the old file alone") {
  CHECK_THROWS_WITH_AS(save_list("/nonexistent/folder/file", {}, {}), doctest::Contains("can't open"), Error);
}
