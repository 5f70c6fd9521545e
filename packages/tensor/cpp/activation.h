// What bends the feed-forward layers, on vectors.
#pragma once
#include "vec.h"

// silu(g) u, silu(g) = g σ(g)
static inline vf gated(vf gate, vf up) { return gate * sigmoid(gate) * up; }

// e^(−x²) P(1 / x²) / x, |x| > 1: 1 − erf |x| (Cephes, erfcf).
static inline vf erf_tail(vf x) {
  const vf q = 1.f / x, y = q * q;
  vf near = splat(2.326819970068386e-2f);
  for (float c : {-1.387039388740657e-1f, 3.687424674597105e-1f, -5.824733027278666e-1f, 6.210004621745983e-1f,
                  -4.944515323274145e-1f, 3.404879937665872e-1f, -2.741127028184656e-1f, 5.638259427386472e-1f}) {
    near = near * y + c;
  }
  vf far = splat(-1.047766399936249e+1f);
  for (float c : {1.297719955372516e+1f, -7.495518717768503e+0f, 2.921019019210786e+0f, -1.015265279202700e+0f,
                  4.218463358204948e-1f, -2.820767439740514e-1f, 5.641895067754075e-1f}) {
    far = far * y + c;
  }
  return exp(-x * x) * q * (x < splat(2.f) ? near : far);
}

// Φ(x) = (1 + erf(x / √2)) / 2
static inline vf normal_distribution(vf x) {
  const vf z = x * 0.70710678118654752f, square = z * z;
  vf p = splat(7.853861353153693e-5f);  // erf(z) / z, |z| < 1 (Cephes, erff)
  for (float c : {-8.010193625184903e-4f, 5.188327685732524e-3f, -2.685381193529856e-2f, 1.128358514861418e-1f,
                  -3.761262582423300e-1f, 1.128379165726710e+0f}) {
    p = p * square + c;
  }
  const vf size = max(z, -z), tail = 0.5f * erf_tail(max(size, splat(1.f)));
  const vf outside = z > vf{} ? 1.f - tail : tail;
  const vf phi = size < splat(1.f) ? 0.5f + 0.5f * z * p : outside;
  return x == x ? phi : x;
}

constexpr float kRoot2OverPi = 0.79788456080286536f, kCubic = 0.044715f;

// tanh u, u = √(2 / π) (x + 0.044715 x³)
static inline vf squashed(vf x) { return tanh(kRoot2OverPi * x * (1.f + kCubic * x * x)); }
