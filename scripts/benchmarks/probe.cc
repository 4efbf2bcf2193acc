// Prints what the machine does at the moment: float32 GFLOP/s of fused multiply-adds, and GB/s of a triad.
// Build: g++ -O3 -march=native -fopenmp. OMP_NUM_THREADS threads.
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#if defined(__AVX__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
typedef float Vector __attribute__((vector_size(64)));
static void store(Vector* to, Vector value) {
  _mm512_stream_ps(reinterpret_cast<float*>(to), reinterpret_cast<__m512>(value));
}
#elif defined(__AVX__)
typedef float Vector __attribute__((vector_size(32)));
static void store(Vector* to, Vector value) {
  _mm256_stream_ps(reinterpret_cast<float*>(to), reinterpret_cast<__m256>(value));
}
#else
typedef float Vector __attribute__((vector_size(16)));
static void store(Vector* to, Vector value) { *to = value; }
#endif
constexpr long kWidth = sizeof(Vector) / sizeof(float), kChains = 12;

static double multiply_add() {
  const long count = 1000000;
  const double start = omp_get_wtime();
#pragma omp parallel
  {
    Vector sums[kChains], factor = {}, term = {};
    for (long i = 0; i < kChains; ++i) sums[i] = factor + static_cast<float>(1 + i);
    factor += 0.999999f, term += 1e-6f;
    for (long k = 0; k < count; ++k) {
#pragma GCC unroll 12
      for (long i = 0; i < kChains; ++i) sums[i] = sums[i] * factor + term;
    }
    Vector total = {};
    for (long i = 0; i < kChains; ++i) total += sums[i];
    if (total[0] == 12345.678f) puts("");  // so that nothing is left out
  }
  return 2. * kWidth * kChains * count * omp_get_max_threads() / (omp_get_wtime() - start) / 1e9;
}

// a[i] = b[i] + c[i] * d of arrays beyond the caches, with stores that pass them by.
static double triad(Vector* a, const Vector* b, const Vector* c, long n) {
  const double start = omp_get_wtime();
#pragma omp parallel for schedule(static)
  for (long i = 0; i < n; ++i) store(a + i, b[i] + c[i] * 0.5f);
  return 3. * sizeof(Vector) * n / (omp_get_wtime() - start) / 1e9;
}

int main() {
  const long bytes = 96l << 20, n = bytes / static_cast<long>(sizeof(Vector));
  Vector* arrays[3];
  for (Vector*& array : arrays) {
    array = static_cast<Vector*>(aligned_alloc(64, bytes));
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; ++i) array[i] = Vector{} + 1.f;
  }
  double fma = 0, memory = 0;
  for (int i = 0; i < 3; ++i) {
    const double rate = multiply_add();
    fma = rate > fma ? rate : fma;
  }
  for (int i = 0; i < 6; ++i) {
    const double rate = triad(arrays[0], arrays[1], arrays[2], n);
    memory = rate > memory ? rate : memory;
  }
  printf("%.1f %.2f\n", fma, memory);
}
