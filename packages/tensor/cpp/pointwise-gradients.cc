// Gradients of the operations in pointwise.cc. Sums over rows are taken over fixed chunks in a fixed order.
#include "activation.h"
#include "args.h"
#include "rows.h"
#include "scratch.h"

#include <algorithm>

struct Gated {
  vf gate, up;
};
// ∂g = ∂y u (σ + g σ (1 − σ)), ∂u = ∂y g σ
static inline Gated swi_glu_slopes(vf dy, vf gate, vf up) {
  const vf sigma = sigmoid(gate), silu = gate * sigma;
  return {dy * up * (sigma + silu * (1.f - sigma)), dy * silu};
}

// swiGluRowsGradient(dGate, dUp, dy, gate, up, rows, count, capacity, width): of swiGluRows, dGate[i] for row rows[i]
static Register swi_glu_rows("swiGluRowsGradient", [](Args& a) -> napi_value {
  const long count = a.size(6), capacity = a.size(7), width = a.size(8);
  const double size = static_cast<double>(count) * width, all = static_cast<double>(capacity) * width;
  const int32_t* rows = a.ids(5, count, capacity);
  float *d_gate = a.f32(0, size), *d_up = a.f32(1, size);
  const float *dy = a.f32(2, size), *gate = a.f32(3, all), *up = a.f32(4, all);
  share_rows(count, width, [&](long row) {
    const long from = rows[row] * width, to = row * width;
    along(width, [&](long i, auto lane) {
      const Gated d = swi_glu_slopes(lane.in(dy + to + i), lane.in(gate + from + i), lane.in(up + from + i));
      lane.out(d_gate + to + i, d.gate);
      lane.out(d_up + to + i, d.up);
    });
  });
  return nullptr;
});

// swiGluGradient(dGate, dUp, dy, gate, up, count)
static Register swi_glu("swiGluGradient", [](Args& a) -> napi_value {
  const long count = a.size(5);
  float *d_gate = a.f32(0, count), *d_up = a.f32(1, count);
  const float *dy = a.f32(2, count), *gate = a.f32(3, count), *up = a.f32(4, count);
  share_chunks(count, 1, [&](long, long first, long last) {
    along(last - first, [&](long at, auto lane) {
      const long i = first + at;
      const Gated d = swi_glu_slopes(lane.in(dy + i), lane.in(gate + i), lane.in(up + i));
      lane.out(d_gate + i, d.gate);
      lane.out(d_up + i, d.up);
    });
  });
  return nullptr;
});

// geluGradient(dx, dy, x, count): ∂x = ∂y (Φ(x) + x φ(x))
static Register gelu("geluGradient", [](Args& a) -> napi_value {
  const long count = a.size(3);
  map(
      a.f32(0, count), count,
      [](vf dy, vf x) {
        const vf density = 0.39894228040143268f * exp(-0.5f * x * x);
        return dy * (normal_distribution(x) + x * density);
      },
      a.f32(1, count), a.f32(2, count));
  return nullptr;
});

// geluTanhGradient(dx, dy, x, count): ∂x = ∂y ((1 + t) / 2 + x / 2 (1 − t²) u′), t = tanh u
static Register gelu_tanh("geluTanhGradient", [](Args& a) -> napi_value {
  const long count = a.size(3);
  map(
      a.f32(0, count), count,
      [](vf dy, vf x) {
        const vf t = squashed(x), inner = kRoot2OverPi * (1.f + 3 * kCubic * x * x);
        return dy * 0.5f * (1.f + t + x * (1.f - t * t) * inner);
      },
      a.f32(1, count), a.f32(2, count));
  return nullptr;
});

static thread_local Scratch scratch;

// out [width] = Σ_chunks partial [chunks, width]
static void sum_chunks(float* out, const float* partial, long chunks, long width) {
  along(width, [&](long i, auto lane) {
    vf total{};
    for (long c = 0; c < chunks; c++) total += lane.in(partial + c * width + i);
    lane.out(out + i, total);
  });
}

// rmsNormGradient(dx, dWeight?, dy, x, weight, inverse, rows, width, centre): with n = x r and g = (centre + w) ∂y,
// ∂x = r (g − n mean(g n)), ∂w = Σ_rows n ∂y
static Register rms_norm("rmsNormGradient", [](Args& a) -> napi_value {
  const long rows = a.size(6), width = a.size(7);
  const double size = static_cast<double>(rows) * width;
  float *dx = a.f32(0, size), *d_weight = a.optional(1, width);
  const float *dy = a.f32(2, size), *x = a.f32(3, size), *weight = a.f32(4, width), *inverse = a.f32(5, rows);
  const float centre = static_cast<float>(a.num(8));
  const long chunks = chunks_of(rows, width);
  float* partial = d_weight ? scratch.of(chunks * width) : nullptr;
  share_chunks(rows, width, [&](long chunk, long first, long last) {
    float* dw = partial + chunk * width;
    if (partial) std::fill(dw, dw + width, 0.f);
    for (long row = first; row < last; row++) {
      const float *d = dy + row * width, *from = x + row * width, r = inverse[row];
      float* to = dx + row * width;
      vf dots{};
      along(width, [&](long i, auto lane) {
        const vf flow = lane.in(d + i) * lane.in(from + i);
        dots += flow * (centre + lane.in(weight + i));
        if (partial) lane.out(dw + i, lane.in(dw + i) + flow * r);
      });
      const float back = sum(dots) / width * r * r;
      along(width, [&](long i, auto lane) {
        lane.out(to + i, (lane.in(d + i) * (centre + lane.in(weight + i)) - lane.in(from + i) * back) * r);
      });
    }
  });
  if (partial) sum_chunks(d_weight, partial, chunks, width);
  return nullptr;
});

// layerNormGradient(dx, dWeight, dBias, dy, x, weight, mean, inverse, rows, width): with n = (x − μ) r and g = w ∂y,
// ∂x = r (g − mean g − n mean(g n)), ∂w = Σ_rows n ∂y, ∂b = Σ_rows ∂y
static Register layer_norm("layerNormGradient", [](Args& a) -> napi_value {
  const long rows = a.size(8), width = a.size(9);
  const double size = static_cast<double>(rows) * width;
  float *dx = a.f32(0, size), *d_weight = a.f32(1, width), *d_bias = a.f32(2, width);
  const float *dy = a.f32(3, size), *x = a.f32(4, size), *weight = a.f32(5, width);
  const float *mean = a.f32(6, rows), *inverse = a.f32(7, rows);
  const long chunks = chunks_of(rows, width);
  float *dws = scratch.of(2 * chunks * width), *dbs = dws + chunks * width;
  share_chunks(rows, width, [&](long chunk, long first, long last) {
    float *dw = dws + chunk * width, *db = dbs + chunk * width;
    std::fill(dw, dw + width, 0.f);
    std::fill(db, db + width, 0.f);
    for (long row = first; row < last; row++) {
      const float *d = dy + row * width, *from = x + row * width, mu = mean[row], r = inverse[row];
      float* to = dx + row * width;
      vf level{}, dots{};
      along(width, [&](long i, auto lane) {
        const vf flow = lane.in(d + i), normal = (lane.in(from + i) - mu) * r, g = flow * lane.in(weight + i);
        level += g;
        dots += g * normal;
        lane.out(dw + i, lane.in(dw + i) + flow * normal);
        lane.out(db + i, lane.in(db + i) + flow);
      });
      const float mean_g = sum(level) / width, mean_dot = sum(dots) / width;
      along(width, [&](long i, auto lane) {
        const vf normal = (lane.in(from + i) - mu) * r;
        lane.out(to + i, (lane.in(d + i) * lane.in(weight + i) - mean_g - normal * mean_dot) * r);
      });
    }
  });
  sum_chunks(d_weight, dws, chunks, width);
  sum_chunks(d_bias, dbs, chunks, width);
  return nullptr;
});
