// Vectors of floats in the width of the processor, through the vector types of GCC and Clang.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(GRPO_LANES)  // what the processor has not, the compiler makes of what it has: for tests
constexpr int VL = GRPO_LANES;
#elif defined(__AVX512F__)
constexpr int VL = 16;
#elif defined(__AVX__)
constexpr int VL = 8;
#else
constexpr int VL = 4;
#endif

typedef float vf __attribute__((vector_size(VL * 4)));
typedef int32_t vi __attribute__((vector_size(VL * 4)));
typedef float vf_unaligned __attribute__((vector_size(VL * 4), aligned(4), may_alias));

static inline vf load(const float* p) { return *reinterpret_cast<const vf_unaligned*>(p); }
static inline void store(float* p, vf v) { *reinterpret_cast<vf_unaligned*>(p) = v; }
static inline vf splat(float x) { return x - vf{}; }

static inline vf load_some(const float* p, int n, float fill = 0) {
  vf v = splat(fill);
  for (int i = 0; i < n; i++) v[i] = p[i];
  return v;
}
static inline void store_some(float* p, vf v, int n) {
  for (int i = 0; i < n; i++) p[i] = v[i];
}

static inline vf max(vf a, vf b) { return a > b ? a : b; }
static inline vf min(vf a, vf b) { return a < b ? a : b; }

#if __has_builtin(__builtin_shufflevector)
template <int S, bool IsHigh, size_t... P>
static inline vf swapped(vf low, vf high, std::index_sequence<P...>) {
  return __builtin_shufflevector(
      low, high,
      (IsHigh ? ((P & S) ? static_cast<int>(P) + VL : static_cast<int>(P + S))
              : ((P & S) ? static_cast<int>(P - S) + VL : static_cast<int>(P)))...);
}
template <int S>
static inline void transpose_from(vf* rows) {
  constexpr auto places = std::make_index_sequence<VL>();
#pragma GCC unroll 16
  for (int i = 0; i < VL; i++) {
    if (i & S) continue;
    const vf low = rows[i], high = rows[i + S];
    rows[i] = swapped<S, false>(low, high, places);
    rows[i + S] = swapped<S, true>(low, high, places);
  }
  if constexpr (S > 1) transpose_from<S / 2>(rows);
}
// rows[i][j] <-> rows[j][i]: blocks of half the width change places, then those of a quarter, and so on.
static inline void transpose(vf (&rows)[VL]) { transpose_from<VL / 2>(rows); }
#else
static inline void transpose(vf (&rows)[VL]) {
  for (int i = 0; i < VL; i++) {
    for (int j = 0; j < i; j++) {
      const float x = rows[i][j];
      rows[i][j] = rows[j][i];
      rows[j][i] = x;
    }
  }
}
#endif

static inline vf sqrt(vf v) {
  for (int i = 0; i < VL; i++) v[i] = std::sqrt(v[i]);
  return v;
}

static inline float sum(vf v) {
  float total = 0;
  for (int i = 0; i < VL; i++) total += v[i];
  return total;
}
static inline float largest(vf v) {
  float most = v[0];
  for (int i = 1; i < VL; i++) most = v[i] > most ? v[i] : most;
  return most;
}

// e^x to about 1 unit in the last place: x = n ln 2 + r, e^r by its polynomial of degree 6 (Cephes, expf).
// Below -87.3 it is 0, above 88.7 infinite; NaN stays NaN.
static inline vf exp(vf x) {
  const vf log2e = splat(1.44269504088896341f), round = splat(12582912.f);  // 1.5 * 2^23
  vf clipped = min(max(x, splat(-87.33f)), splat(88.72f));
  vf n = (clipped * log2e + round) - round;
  vf r = clipped - n * 0.693359375f - n * -2.12194440e-4f;
  vf p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  // 2^n in two steps, because 2^128 is no float.
  vi whole = __builtin_convertvector(n, vi), half = whole >> 1, rest = whole - half;
  vi a = (half + 127) << 23, b = (rest + 127) << 23;
  vf scale_a, scale_b;
  std::memcpy(&scale_a, &a, sizeof a);
  std::memcpy(&scale_b, &b, sizeof b);
  vf y = p * scale_a * scale_b;
  y = x < splat(-87.33f) ? vf{} : y;
  y = x > splat(88.72f) ? splat(__builtin_inff()) : y;
  return x == x ? y : x;
}

static inline vf sigmoid(vf x) { return 1.f / (1.f + exp(-x)); }
// tanh x = 1 - 2 / (e^2x + 1); near 0, where that cancels, by its odd polynomial (Cephes, tanhf).
static inline vf tanh(vf x) {
  vf square = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = p * square + 2.06390887954e-2f;
  p = p * square + -5.37397155531e-2f;
  p = p * square + 1.33314422036e-1f;
  p = p * square + -3.33332819422e-1f;
  vf small = p * square * x + x;
  vf large = 1.f - 2.f / (exp(x + x) + 1.f);
  return (square < splat(0.390625f)) ? small : large;  // |x| < 0.625
}
