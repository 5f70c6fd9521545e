// Attention over packed rows, forward: only the log of the sum of exponentials is kept of the scores (Dao et al. 2022).
#include "attention.h"
#include "rows.h"
#include "scratch.h"

#include <cmath>

static thread_local Scratch scratch;

// One row of scores becomes e^(s − max) where it is seen and 0 elsewhere. Returns the largest score and the sum.
struct Softmax {
  float top, total;
};
static Softmax softmax_row(float* s, long keys, Attention::Sight seen, float softcap) {
  float *from = s + seen.begin;
  const long count = seen.end - seen.begin;
  vf most = splat(-__builtin_inff());
  along(count, [&](long i, auto lane) {
    vf score = lane.in(from + i, -__builtin_inff());
    if (softcap > 0) {
      score = softcap * tanh(score / softcap);
      lane.out(from + i, score);
    }
    most = max(most, score);
  });
  const float top = largest(most);
  vf total{};
  along(count, [&](long i, auto lane) {
    const vf e = exp(lane.in(from + i, -__builtin_inff()) - top);
    total += e;
    lane.out(from + i, e);
  });
  std::fill(s, from, 0.f);
  std::fill(s + seen.end, s + keys, 0.f);
  return {top, sum(total)};
}

// segmentAttention(out, logSums, q, k, v, prefixStart, prefixLength, start, length, segments, rows, heads, keyHeads,
// headSize, scale, softcap, window): y = softmax(scale q kᵀ) v, logSums [rows, heads] = log Σ e^s
static Register segment_attention("segmentAttention", [](Args& a) -> napi_value {
  const Attention x = Attention::from(a, 2);
  float* out = a.f32(0, static_cast<double>(x.rows) * x.q_width());
  float* log_sums = a.f32(1, static_cast<double>(x.rows) * x.heads);
  std::vector<Block> blocks;
  double cost = 0;
  long covered = 0;
  for (const Segment& s : x.segments) {
    covered += s.length;
    for (const Block& b : x.blocks_of(s)) {
      blocks.push_back(b);
      cost += b.cost();
    }
  }
  if (covered < x.rows) {
    std::fill(out, out + x.rows * x.q_width(), 0.f);
    std::fill(log_sums, log_sums + x.rows * x.heads, 0.f);
  }
  share_attention(x, cost, static_cast<int>(blocks.size() * x.heads), [&](int task) {
    const Block& b = blocks[task / x.heads];
    const long head = task % x.heads;
    float* s = scratch.of(b.queries * b.keys);
    float* y = out + b.row() * x.q_width() + head * x.size;
    x.scores(b, head, s);
    float inverse[64];
    for (long i = 0; i < b.queries; i++) {
      const auto [top, total] = softmax_row(s + i * b.keys, b.keys, x.sight(b, i), x.softcap);
      log_sums[(b.row() + i) * x.heads + head] = top + std::log(total);
      inverse[i] = 1 / total;
    }
    b.over_keys([&](long row, long count, long offset) {
      const Matrix value = x.keys(x.v, row, head / x.repeats());
      gemm_serial({b.queries, x.size, count, rows_of(s + offset, b.keys), value, y, x.q_width(), offset > 0, 1,
                   Triangle::left, b.diagonal(offset)});
    });
    for (long i = 0; i < b.queries; i++) {
      along(x.size, [&](long d, auto lane) {
        float* to = y + i * x.q_width() + d;
        lane.out(to, lane.in(to) * inverse[i]);
      });
    }
  });
  return nullptr;
});
