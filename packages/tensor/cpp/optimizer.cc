// What an optimizer does with gradients, each one pass over memory.
#include "args.h"
#include "rows.h"

#include <vector>

// squaredNorm(x, count) → Σ x², in double
static Register squared_norm("squaredNorm", [](Args& a) -> napi_value {
  const long count = a.size(1);
  const float* x = a.f32(0, count);
  std::vector<double> partial(chunks_of(count, 1));
  share_chunks(count, 1, [&](long chunk, long first, long last) {
    double total = 0;
    for (long i = first; i < last; i += 256) {  // so few that their sum is exact enough in float
      vf squares{};
      along(std::min<long>(256, last - i), [&](long j, auto lane) {
        const vf v = lane.in(x + i + j);
        squares += v * v;
      });
      total += sum(squares);
    }
    partial[chunk] = total;
  });
  double total = 0;
  for (double part : partial) total += part;
  return a.number(total);
});

// adamW(θ, m, v, θ₀, m₀, v₀, g, count, η, β₁, β₂, ε, λ, c₁, √c₂, scale): with g ← scale g,
// m = β₁ m₀ + (1 − β₁) g, v = β₂ v₀ + (1 − β₂) g², θ = (1 − η λ) θ₀ − η / c₁ m / (√v / √c₂ + ε)
static Register adam_w("adamW", [](Args& a) -> napi_value {
  const long count = a.size(7);
  float *theta = a.f32(0, count), *first = a.f32(1, count), *second = a.f32(2, count);
  const float *theta0 = a.f32(3, count), *first0 = a.f32(4, count), *second0 = a.f32(5, count), *g = a.f32(6, count);
  const double rate = a.num(8);
  const float beta1 = static_cast<float>(a.num(9)), beta2 = static_cast<float>(a.num(10));
  const float rest1 = static_cast<float>(1 - a.num(9)), rest2 = static_cast<float>(1 - a.num(10));
  const float epsilon = static_cast<float>(a.num(11)), kept = static_cast<float>(1 - rate * a.num(12));
  const float step = static_cast<float>(rate / a.num(13)), root = static_cast<float>(a.num(14));
  const float scale = static_cast<float>(a.num(15));
  share_chunks(count, 1, [&](long, long from, long to) {
    along(to - from, [&](long at, auto lane) {
      const long i = from + at;
      const vf gradient = lane.in(g + i) * scale;
      const vf m = lane.in(first0 + i) * beta1 + gradient * rest1;
      const vf v = lane.in(second0 + i) * beta2 + gradient * gradient * rest2;
      lane.out(first + i, m);
      lane.out(second + i, v);
      lane.out(theta + i, lane.in(theta0 + i) * kept - step * m / (sqrt(v) / root + epsilon));
    });
  });
  return nullptr;
});
