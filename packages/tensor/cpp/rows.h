// Loops over arrays: rows and numbers are shared among threads in chunks that the sizes alone decide, and each chunk
// goes by vectors with a tail.
#pragma once
#include <algorithm>

#include "pool.h"
#include "vec.h"

// A vector of a row, whole or its last `n` numbers.
struct Whole {
  vf in(const float* p, float = 0) const { return load(p); }
  void out(float* p, vf v) const { store(p, v); }
};
struct Part {
  int n;
  vf in(const float* p, float fill = 0) const { return load_some(p, n, fill); }
  void out(float* p, vf v) const { store_some(p, v, n); }
};

// f(i, lane) for i = 0, VL, 2 VL, … up to `count`: lane.in(x + i) reads there, lane.out(y + i, v) writes.
template <class F>
static inline void along(long count, F&& f) {
  long i = 0;
  for (; i + VL <= count; i += VL) f(i, Whole{});
  if (i < count) f(i, Part{static_cast<int>(count - i)});
}

// About this many numbers are worth a task of their own, 10 to 20 µs.
constexpr long kChunk = 1 << 14;

static inline long chunk_of(long width) { return std::max<long>(1, kChunk / std::max<long>(1, width)); }
static inline long chunks_of(long rows, long width) {
  const long chunk = chunk_of(width);
  return (rows + chunk - 1) / chunk;
}

// f(chunk, first, last) for chunks of rows of `width` numbers.
template <class F>
static inline void share_chunks(long rows, long width, F&& f) {
  const long chunk = chunk_of(width);
  Pool::get().run(static_cast<int>(chunks_of(rows, width)), [&](int c) {
    f(static_cast<long>(c), c * chunk, std::min(rows, (c + 1) * chunk));
  });
}

// f(row) for every row.
template <class F>
static inline void share_rows(long rows, long width, F&& f) {
  share_chunks(rows, width, [&](long, long first, long last) {
    for (long row = first; row < last; row++) f(row);
  });
}

// out[i] = f(in[i]...)
template <class F, class... In>
static inline void map(float* out, long count, F&& f, const In*... in) {
  share_chunks(count, 1, [&](long, long first, long last) {
    along(last - first, [&](long i, auto lane) { lane.out(out + first + i, f(lane.in(in + first + i)...)); });
  });
}
