// The operations of a decoder between its products, each one pass over memory.
#include "activation.h"
#include "args.h"
#include "rows.h"

#include <cmath>

// swiGluRows(out, gate, up, rows, count, capacity, width): as swiGlu, out[i] of row rows[i] of both, [capacity, width]
static Register swi_glu_rows("swiGluRows", [](Args& a) -> napi_value {
  const long count = a.size(4), capacity = a.size(5), width = a.size(6);
  const int32_t* rows = a.ids(3, count, capacity);
  float* out = a.f32(0, static_cast<double>(count) * width);
  const float *gate = a.f32(1, static_cast<double>(capacity) * width), *up = a.f32(2, static_cast<double>(capacity) * width);
  share_rows(count, width, [&](long row) {
    const long from = rows[row] * width;
    along(width, [&](long i, auto lane) {
      lane.out(out + row * width + i, gated(lane.in(gate + from + i), lane.in(up + from + i)));
    });
  });
  return nullptr;
});

// swiGlu(out, gate, up, count): silu(gate) up
static Register swi_glu("swiGlu", [](Args& a) -> napi_value {
  const long count = a.size(3);
  map(a.f32(0, count), count, [](vf g, vf u) { return gated(g, u); }, a.f32(1, count), a.f32(2, count));
  return nullptr;
});

// gelu(out, x, count): x Φ(x)
static Register gelu("gelu", [](Args& a) -> napi_value {
  const long count = a.size(2);
  map(a.f32(0, count), count, [](vf x) { return x * normal_distribution(x); }, a.f32(1, count));
  return nullptr;
});

// geluTanh(out, x, count): x (1 + tanh u) / 2
static Register gelu_tanh("geluTanh", [](Args& a) -> napi_value {
  const long count = a.size(2);
  map(a.f32(0, count), count, [](vf x) { return 0.5f * x * (1.f + squashed(x)); }, a.f32(1, count));
  return nullptr;
});

// softCap(out, x, cap, count): cap tanh(x / cap)
static Register soft_cap("softCap", [](Args& a) -> napi_value {
  const long count = a.size(3);
  const float cap = static_cast<float>(a.num(2));
  map(a.f32(0, count), count, [cap](vf x) { return cap * tanh(x / cap); }, a.f32(1, count));
  return nullptr;
});

// rotary(out, x, cos, sin, rows, heads, headSize, turned, isBack): in each head, for i < turned / 2 and j = i +
// turned / 2, out[i] = x[i] cos[i] − x[j] sin[i] and out[j] = x[j] cos[j] + x[i] sin[j]; the rest stays. x [rows, heads,
// headSize], cos and sin [rows, turned] with equal halves; `isBack` turns the other way.
static Register rotary("rotary", [](Args& a) -> napi_value {
  const long rows = a.size(4), heads = a.size(5), size = a.size(6), turned = a.size(7), half = turned / 2;
  const long width = heads * size;
  if (turned % 2 != 0 || turned > size) a.fail(7, "an even number of at most the head size");
  float* out = a.f32(0, static_cast<double>(rows) * width);
  const float* x = a.f32(1, static_cast<double>(rows) * width);
  const float* cos = a.f32(2, static_cast<double>(rows) * turned);
  const float* sin = a.f32(3, static_cast<double>(rows) * turned);
  const float sign = a.flag(8) ? -1 : 1;
  share_rows(rows, width, [&](long row) {
    const float *c = cos + row * turned, *s = sin + row * turned;
    for (long head = 0; head < heads; head++) {
      const float* from = x + row * width + head * size;
      float* to = out + row * width + head * size;
      along(half, [&](long i, auto lane) {
        const vf p = lane.in(from + i), q = lane.in(from + half + i);
        const vf cosine = lane.in(c + i), sine = sign * lane.in(s + i);
        lane.out(to + i, p * cosine - q * sine);
        lane.out(to + half + i, q * cosine + p * sine);
      });
      if (to != from) std::copy(from + turned, from + size, to + turned);
    }
  });
  return nullptr;
});

// rmsNorm(out, x, weight, rows, width, epsilon, centre, inverse?): y = x r (centre + w), r = 1 / √(mean x² + ε), written
// to inverse [rows].
static Register rms_norm("rmsNorm", [](Args& a) -> napi_value {
  const long rows = a.size(3), width = a.size(4);
  float* out = a.f32(0, static_cast<double>(rows) * width);
  const float* x = a.f32(1, static_cast<double>(rows) * width);
  const float* weight = a.f32(2, width);
  const float epsilon = static_cast<float>(a.num(5)), centre = static_cast<float>(a.num(6));
  float* inverse = a.optional(7, rows);
  share_rows(rows, width, [&](long row) {
    const float* from = x + row * width;
    float* to = out + row * width;
    vf squares{};
    along(width, [&](long i, auto lane) {
      const vf v = lane.in(from + i);
      squares += v * v;
    });
    const float r = 1 / std::sqrt(sum(squares) / width + epsilon);
    along(width, [&](long i, auto lane) { lane.out(to + i, lane.in(from + i) * r * (centre + lane.in(weight + i))); });
    if (inverse) inverse[row] = r;
  });
  return nullptr;
});

// layerNorm(out, x, weight, bias, rows, width, epsilon, mean?, inverse?): y = w (x − μ) r + b, μ = mean x,
// r = 1 / √(mean (x − μ)² + ε); μ and r are written to mean [rows] and inverse [rows].
static Register layer_norm("layerNorm", [](Args& a) -> napi_value {
  const long rows = a.size(4), width = a.size(5);
  float* out = a.f32(0, static_cast<double>(rows) * width);
  const float* x = a.f32(1, static_cast<double>(rows) * width);
  const float *weight = a.f32(2, width), *bias = a.f32(3, width);
  const float epsilon = static_cast<float>(a.num(6));
  float *mean = a.optional(7, rows), *inverse = a.optional(8, rows);
  share_rows(rows, width, [&](long row) {
    const float* from = x + row * width;
    float* to = out + row * width;
    vf total{}, squares{};
    along(width, [&](long i, auto lane) { total += lane.in(from + i); });
    const float mu = sum(total) / width;
    along(width, [&](long i, auto lane) {
      const vf d = lane.in(from + i, mu) - mu;
      squares += d * d;
    });
    const float r = 1 / std::sqrt(sum(squares) / width + epsilon);
    along(width, [&](long i, auto lane) {
      lane.out(to + i, (lane.in(from + i) - mu) * r * lane.in(weight + i) + lane.in(bias + i));
    });
    if (mean) mean[row] = mu;
    if (inverse) inverse[row] = r;
  });
  return nullptr;
});
