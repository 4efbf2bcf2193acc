#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/threads.h"
#include "mx/base/error.h"

using namespace mx;

namespace {
void nap() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }
template <size_t N>
std::span<Var* const> span(Var* const (&vars)[N]) {
  return vars;
}
}  // namespace

TEST_CASE("queued work runs in order, and inline work waits for it") {
  Var a, b;
  std::vector<int> log;
  Var* const va[] = {&a};
  Var* const vb[] = {&b};
  for (int i = 0; i < 20; ++i)
    engine::push(
        [&, i] {
          nap();
          log.push_back(i);
        },
        {}, span(va), nullptr);
  engine::push([&] { log.push_back(100); }, span(va), span(vb), nullptr);
  {
    const Access access(span(vb), {});
    CHECK(log.size() == 21);
    CHECK(log.back() == 100);
  }
  CHECK(a.version() == 20);
  CHECK(b.version() == 1);
  engine::wait_to_write(a);
  CHECK(a.version() == 20);
}

TEST_CASE("readers run together, a writer alone") {
  Var v;
  int value = 0;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  Var* const vs[] = {&v};
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 3000; ++i) {
        if (t < 2) {
          const Access access({}, vs);
          const int before = value;
          value = before + 1;
          if (value != before + 1) ++wrong;
        } else {
          const Access access(vs, {});
          const int before = value;
          if (value != before) ++wrong;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(value == 6000);
  CHECK(v.version() == 6000);
}

TEST_CASE("inline and queued work on random sets of variables never deadlocks or races") {
  const unsigned seed = 7;
  CAPTURE(seed);
  Var vars[5];
  int64_t counts[5] = {};
  std::vector<std::thread> threads;
  std::atomic<int64_t> expected{0};
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      std::mt19937 random(seed + t);
      for (int i = 0; i < 1500; ++i) {
        const unsigned x = random() % 5, y = (x + 1 + random() % 4) % 5;
        Var* const reads[] = {&vars[x], &vars[x]};
        Var* const writes[] = {&vars[y]};
        ++expected;
        const auto work = [&counts, y] { ++counts[y]; };
        if (random() % 3) {
          const Access access(reads, writes);
          work();
        } else {
          engine::push(work, reads, writes, nullptr);
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  engine::wait_all();
  int64_t sum = 0;
  for (int64_t count : counts) sum += count;
  CHECK(sum == expected);
}

TEST_CASE("an error surfaces once, at the wait that needs the result, and passes through dependent work") {
  Var a, b, c;
  Var* const va[] = {&a};
  Var* const vb[] = {&b};
  bool ran = false;
  engine::push([] { raise(ErrorKind::kValue, "[test] broken"); }, {}, span(va), nullptr);
  engine::push([&] { ran = true; }, span(va), span(vb), nullptr);
  engine::wait_to_read(c);
  CHECK_THROWS_WITH_AS(engine::wait_to_read(b), "[test] broken", Error);
  CHECK_FALSE(ran);
  engine::wait_to_read(a);
  engine::wait_to_read(b);
  engine::wait_all();
}

TEST_CASE("wait_all raises what nobody asked for") {
  {
    Var a;
    Var* const va[] = {&a};
    engine::push([] { raise(ErrorKind::kValue, "[test] unseen"); }, {}, span(va), nullptr);
    while (a.version() == 0) nap();
  }
  CHECK_THROWS_WITH_AS(engine::wait_all(), "[test] unseen", Error);
  engine::wait_all();
}

TEST_CASE("parallel_for covers everything once, in the same chunks, and passes errors on") {
  for (const int threads : {1, 2, 3}) {
    engine::set_num_threads(threads);
    std::vector<int> hits(1000);
    engine::parallel_for(1000, 7, [&](int64_t begin, int64_t end) {
      CHECK((begin % 7 == 0 && end - begin <= 7));
      for (int64_t i = begin; i < end; ++i) ++hits[static_cast<size_t>(i)];
    });
    for (int hit : hits) REQUIRE(hit == 1);
    CHECK_THROWS_AS(engine::parallel_for(10, 1, [](int64_t, int64_t) { throw std::runtime_error("x"); }),
                    std::runtime_error);
  }
  engine::set_num_threads(2);
}

TEST_CASE("a forked child computes on one thread and doesn't hang") {
  engine::set_num_threads(2);
  engine::parallel_for(100, 1, [](int64_t, int64_t) {});
  Var a;
  Var* const va[] = {&a};
  engine::push(nap, {}, span(va), nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    std::atomic<int> sum{0};
    engine::parallel_for(100, 1, [&](int64_t, int64_t) { ++sum; });
    engine::push([&] { ++sum; }, {}, va, nullptr);
    engine::wait_all();
    _exit(sum == 101 && engine::num_threads() == 1 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(engine::num_threads() == 2);
}
