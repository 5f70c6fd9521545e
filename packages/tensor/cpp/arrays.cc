// Whole arrays, number by number.
#include "args.h"
#include "layout.h"
#include "rows.h"

static inline vf larger(vf a, vf b) { return (a > b) | (a != a) ? a : b; }  // NaN where one is
static inline vf smaller(vf a, vf b) { return (a < b) | (a != a) ? a : b; }

static inline vf logarithm(vf v) {
  for (int i = 0; i < VL; i++) v[i] = std::log(v[i]);
  return v;
}

// name(out, x, count): out[i] = f(x[i]); out may be x
template <class F>
static napi_value unary(Args& a, F&& f) {
  const long count = a.size(2);
  map(a.f32(0, count), count, f, a.f32(1, count));
  return nullptr;
}
#define GRPO_UNARY(name, expression) \
  static Register unary_##name(#name, [](Args& a) { return unary(a, [](vf x) { return expression; }); });

GRPO_UNARY(abs, x < 0.f ? -x : x + 0.f)
GRPO_UNARY(exp, exp(x))
GRPO_UNARY(log, logarithm(x))
GRPO_UNARY(neg, -x)
GRPO_UNARY(reciprocal, 1.f / x)
GRPO_UNARY(relu, x < 0.f ? vf{} : x)
GRPO_UNARY(rsqrt, 1.f / sqrt(x))
GRPO_UNARY(sigmoid, sigmoid(x))
GRPO_UNARY(sqrt, sqrt(x))
GRPO_UNARY(square, x * x)
GRPO_UNARY(tanh, tanh(x))

// step(out, x, count, slope): 1 above 0, NaN at NaN, else slope
static Register step("step", [](Args& a) -> napi_value {
  const vf slope = splat(static_cast<float>(a.num(3)));
  return unary(a, [&](vf x) { return x > 0.f ? splat(1) : (x == x ? slope : x); });
});

// clip(out, x, count, low, high): NaN stays
static Register clip("clip", [](Args& a) -> napi_value {
  const vf low = splat(static_cast<float>(a.num(3))), high = splat(static_cast<float>(a.num(4)));
  return unary(a, [&](vf x) { return x > high ? high : (x < low ? low : x); });
});

template <bool IsOneA, bool IsOneB, class F>
static inline void binary_row(float* out, const float* x, const float* y, long count, F&& f) {
  along(count, [&](long i, auto lane) {
    const vf a = IsOneA ? splat(*x) : lane.in(x + i);
    const vf b = IsOneB ? splat(*y) : lane.in(y + i);
    lane.out(out + i, f(a, b));
  });
}

// name(out, a, b, layout, rank): out = f(a, b), out without gaps; layout [3, rank]: sizes, then the strides of a and of
// b, the last of them 0 or 1. out may be an operand of its own layout.
template <class F>
static napi_value binary(Args& args, F&& f) {
  const long rank = args.size(4);
  const Layout<2> layout(args, 3, rank);
  float* out = args.f32(0, static_cast<double>(layout.count()));
  const float* a = args.f32(1, static_cast<double>(layout.reach(0)));
  const float* b = args.f32(2, static_cast<double>(layout.reach(1)));
  const int32_t last_a = layout.strides(0)[rank - 1], last_b = layout.strides(1)[rank - 1];
  layout.share_rows([&](long at, const long* offsets, long count) {
    const float *x = a + offsets[0], *y = b + offsets[1];
    if (last_a && last_b) binary_row<false, false>(out + at, x, y, count, f);
    else if (last_a) binary_row<false, true>(out + at, x, y, count, f);
    else if (last_b) binary_row<true, false>(out + at, x, y, count, f);
    else binary_row<true, true>(out + at, x, y, count, f);
  });
  return nullptr;
}
#define GRPO_BINARY(name, expression) \
  static Register binary_##name(#name, [](Args& args) { return binary(args, [](vf a, vf b) { return expression; }); });

GRPO_BINARY(add, a + b)
GRPO_BINARY(sub, a - b)
GRPO_BINARY(mul, a * b)
GRPO_BINARY(div, a / b)
GRPO_BINARY(maximum, larger(a, b))
GRPO_BINARY(minimum, smaller(a, b))
GRPO_BINARY(squaredDifference, (a - b) * (a - b))
