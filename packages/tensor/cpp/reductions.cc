// Sums and extremes over a dimension, and the softmax. x is [outer, size, inner], out [outer, inner].
#include "args.h"
#include "rows.h"
#include "scratch.h"

// Runs are summed in double, half as many lanes: a float would lose what is small in a long one.
constexpr int kHalf = VL / 2;
typedef double vd __attribute__((vector_size(kHalf * 8)));
typedef float vh __attribute__((vector_size(kHalf * 4), aligned(4), may_alias));

struct Sum {
  static constexpr float kStart = 0;
  using Total = double;
  using Lanes = vd;
  static vd read(const float* x) { return __builtin_convertvector(*reinterpret_cast<const vh*>(x), vd); }
  template <class T>
  static T join(T a, T b) { return a + b; }
};
struct Largest {
  static constexpr float kStart = -__builtin_inff();
  using Total = float;
  using Lanes = vf;
  static vf read(const float* x) { return load(x); }
  template <class T>
  static T join(T a, T b) { return ((b > a) | (b != b)) ? b : a; }  // NaN where one is
};
struct Smallest {
  static constexpr float kStart = __builtin_inff();
  using Total = float;
  using Lanes = vf;
  static vf read(const float* x) { return load(x); }
  template <class T>
  static T join(T a, T b) { return ((b < a) | (b != b)) ? b : a; }
};

// Numbers of a run.
template <class Op>
static typename Op::Total over(const float* x, long count) {
  using Total = typename Op::Total;
  using Lanes = typename Op::Lanes;
  constexpr int L = sizeof(Lanes) / sizeof(Total);
  const Total start = Op::kStart;
  Lanes lanes[4] = {start - Lanes{}, start - Lanes{}, start - Lanes{}, start - Lanes{}};
  long i = 0;
  for (; i + 4 * L <= count; i += 4 * L) {
    for (int l = 0; l < 4; l++) lanes[l] = Op::join(lanes[l], Op::read(x + i + l * L));
  }
  for (; i + L <= count; i += L) lanes[0] = Op::join(lanes[0], Op::read(x + i));
  const Lanes all = Op::join(Op::join(lanes[0], lanes[1]), Op::join(lanes[2], lanes[3]));
  Total total = start;
  for (int l = 0; l < L; l++) total = Op::join(total, all[l]);
  for (; i < count; i++) total = Op::join(total, static_cast<Total>(x[i]));
  return total;
}

// inner = 1: rows, long ones in blocks.
template <class Op>
static void reduce_rows(float* out, const float* x, long outer, long size, float scale) {
  const long blocks = std::max<long>(1, (size + kChunk - 1) / kChunk);
  static thread_local std::vector<typename Op::Total> partial;
  partial.resize(outer * blocks);
  auto* parts = partial.data();  // of this thread, also where others write to it
  share_rows(outer * blocks, std::min(size, kChunk), [&](long task) {
    const long o = task / blocks, from = task % blocks * kChunk;
    parts[task] = over<Op>(x + o * size + from, std::min(kChunk, size - from));
  });
  for (long o = 0; o < outer; o++) {
    typename Op::Total total = Op::kStart;
    for (long b = 0; b < blocks; b++) total = Op::join(total, parts[o * blocks + b]);
    out[o] = scale * static_cast<float>(total);
  }
}

// out[j] = join of x[r, j]
template <class Op>
static void join_rows(float* out, const float* x, long rows, long inner, float scale) {
  along(inner, [&](long j, auto lane) {
    const vf start = splat(Op::kStart);
    vf part[4] = {start, start, start, start};
    long r = 0;
    for (; r + 4 <= rows; r += 4) {
      for (int i = 0; i < 4; i++) part[i] = Op::join(part[i], lane.in(x + (r + i) * inner + j));
    }
    for (; r < rows; r++) part[0] = Op::join(part[0], lane.in(x + r * inner + j));
    lane.out(out + j, scale * Op::join(Op::join(part[0], part[1]), Op::join(part[2], part[3])));
  });
}

// inner > 1: blocks of rows, and then their results.
template <class Op>
static void reduce_columns(float* out, const float* x, long outer, long size, long inner, float scale,
                           float* partial = nullptr) {
  const long block = std::min<long>(256, std::max<long>(32, kChunk / inner)), blocks = (size + block - 1) / block;
  if (blocks <= 1) {
    return share_rows(outer, size * inner, [&](long o) {
      join_rows<Op>(out + o * inner, x + o * size * inner, size, inner, scale);
    });
  }
  static thread_local Scratch scratch;
  if (partial == nullptr) partial = scratch.of((2 * blocks + 16) * outer * inner);  // of all levels, each 1/32 of the last
  share_rows(outer * blocks, block * inner, [&](long task) {
    const long o = task / blocks, from = task % blocks * block;
    join_rows<Op>(partial + task * inner, x + (o * size + from) * inner, std::min(block, size - from), inner, 1);
  });
  reduce_columns<Op>(out, partial, outer, blocks, inner, scale, partial + outer * blocks * inner);
}

// name(out, x, outer, size, inner, scale): out[o, j] = scale * join of x[o, …, j]
template <class Op>
static napi_value reduce(Args& a) {
  const long outer = a.size(2), size = a.size(3), inner = a.size(4);
  const float scale = static_cast<float>(a.num(5));
  float* out = a.f32(0, static_cast<double>(outer) * inner);
  const float* x = a.f32(1, static_cast<double>(outer) * size * inner);
  if (inner == 1) reduce_rows<Op>(out, x, outer, size, scale);
  else reduce_columns<Op>(out, x, outer, size, inner, scale);
  return nullptr;
}

static Register sum_of("sum", reduce<Sum>);
static Register max_of("max", reduce<Largest>);
static Register min_of("min", reduce<Smallest>);

// softmax(out, x, rows, width): e^(x − m) / Σ e^(x − m), m the largest of the row; out may be x
static Register softmax("softmax", [](Args& a) -> napi_value {
  const long rows = a.size(2), width = a.size(3);
  float* out = a.f32(0, static_cast<double>(rows) * width);
  const float* x = a.f32(1, static_cast<double>(rows) * width);
  share_rows(rows, width, [&](long row) {
    const float* from = x + row * width;
    float* to = out + row * width;
    const float most = over<Largest>(from, width);
    vf total{};
    along(width, [&](long i, auto lane) {
      const vf e = exp(lane.in(from + i, -__builtin_inff()) - most);
      total += e;
      lane.out(to + i, e);
    });
    const float scale = 1 / sum(total);
    along(width, [&](long i, auto lane) { lane.out(to + i, lane.in(to + i) * scale); });
  });
  return nullptr;
});
