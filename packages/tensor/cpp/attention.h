// Causal attention over packed rows: segments of rows that see themselves and, before themselves, a prefix that others
// may share.
#pragma once
#include <algorithm>
#include <vector>

#include "args.h"
#include "gemm.h"
#include "pool.h"

// The query at place i of a run of rows sees the keys of the prefix and those of rows start … start + i. Places count
// from the first row of the prefix.
struct Segment {
  long prefix, prefix_length, start, length;
};

// Some queries of a segment, and the places that any of them sees.
struct Block {
  Segment segment;
  long from, queries;     // rows start + from …
  long first_key, keys;   // places

  long row() const { return segment.start + from; }
  double cost() const { return static_cast<double>(queries) * keys; }
  // Query i sees the keys behind `offset` up to before i + diagonal.
  long diagonal(long offset) const { return segment.prefix_length + from + 1 - first_key - offset; }

  // f(row, count, offset): runs of rows that hold the keys, `offset` of them before.
  template <class F>
  void over_keys(F&& f) const {
    const long shared = std::max<long>(0, segment.prefix_length - first_key), own = keys - shared;
    if (shared > 0) f(segment.prefix + first_key, shared, 0L);
    if (own > 0) f(segment.start + first_key + shared - segment.prefix_length, own, shared);
  }
};

struct Attention {
  std::vector<Segment> segments;
  long rows, heads, key_heads, size;
  float scale, softcap;  // softcap 0: none
  long window;           // 0: none
  const float *q, *k, *v;

  long q_width() const { return heads * size; }
  long k_width() const { return key_heads * size; }
  long repeats() const { return heads / key_heads; }

  // The arguments from `at` on: q, k, v, prefixStart, prefixLength, start, length, segments, rows, heads, keyHeads,
  // headSize, scale, softcap, window.
  static Attention from(Args& a, int at) {
    Attention x;
    const long count = a.size(at + 7);
    x.rows = a.size(at + 8);
    x.heads = a.size(at + 9);
    x.key_heads = a.size(at + 10);
    x.size = a.size(at + 11);
    if (x.key_heads == 0 || x.heads % x.key_heads != 0) a.fail(at + 10, "a divisor of the query heads");
    x.scale = static_cast<float>(a.num(at + 12));
    x.softcap = static_cast<float>(a.num(at + 13));
    x.window = a.size(at + 14);
    x.q = a.f32(at, static_cast<double>(x.rows) * x.q_width());
    x.k = a.f32(at + 1, static_cast<double>(x.rows) * x.k_width());
    x.v = a.f32(at + 2, static_cast<double>(x.rows) * x.k_width());
    const int32_t *prefix = a.i32(at + 3, count), *prefix_length = a.i32(at + 4, count);
    const int32_t *start = a.i32(at + 5, count), *length = a.i32(at + 6, count);
    const auto is_run = [&](long from, long run) { return from >= 0 && run >= 0 && from + run <= x.rows; };
    for (long s = 0; s < count; s++) {
      if (!is_run(prefix[s], prefix_length[s])) a.fail(at + 4, "prefixes within the rows");
      if (!is_run(start[s], length[s])) a.fail(at + 6, "segments within the rows");
      x.segments.push_back({prefix[s], prefix_length[s], start[s], length[s]});
    }
    return x;
  }

  // The queries of segment s in blocks.
  std::vector<Block> blocks_of(const Segment& s) const {
    constexpr long kQueries = 64;
    std::vector<Block> blocks;
    for (long from = 0; from < s.length; from += kQueries) {
      const long queries = std::min(kQueries, s.length - from), end = s.prefix_length + from + queries;
      const long first = window > 0 ? std::max<long>(0, s.prefix_length + from - window + 1) : 0;
      blocks.push_back({s, from, queries, first, end - first});
    }
    return blocks;
  }

  // The keys that query i of a block sees: `begin` to before `end`, counted from its first key.
  struct Sight {
    long begin, end;
  };
  Sight sight(const Block& b, long i) const {
    const long end = b.segment.prefix_length + b.from + i + 1 - b.first_key;
    return {window > 0 ? std::max<long>(0, end - window) : 0, end};
  }

  Matrix queries(const float* q, const Block& b, long head) const {
    return rows_of(q + b.row() * q_width() + head * size, q_width());
  }
  Matrix keys(const float* k, long row, long key_head) const {
    return rows_of(k + row * k_width() + key_head * size, k_width());
  }

  // s [queries, keys] = scale q kᵀ for a head, where it is seen
  void scores(const Block& b, long head, float* s) const {
    b.over_keys([&](long row, long count, long offset) {
      const Matrix key = transposed(keys(k, row, head / repeats()));
      gemm_serial({b.queries, count, size, queries(q, b, head), key, s + offset, b.keys, false, scale, Triangle::result,
                   b.diagonal(offset)});
    });
  }
};

// f(task) for every task, on all threads where there is enough to do.
template <class F>
static inline void share_attention(const Attention& x, double cost, int tasks, F&& f) {
  if (cost * x.heads * x.size < 1e5) {
    for (int t = 0; t < tasks; t++) f(t);
  } else {
    Pool::get().run(tasks, f);
  }
}
