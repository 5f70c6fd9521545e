// Arrays of one shape by their sizes and strides.
#pragma once
#include "args.h"
#include "rows.h"

// Sizes and the strides of N arrays, as JavaScript hands them over: [1 + N, rank] whole numbers.
template <int N>
class Layout {
 public:
  Layout(Args& args, int i, long rank) : rank_(rank), sizes_(args.i32(i, static_cast<double>(1 + N) * rank)) {
    bool is_sound = rank > 0;
    for (long at = 0; at < (1 + N) * rank; at++) is_sound &= sizes_[at] >= 0;
    if (!is_sound) args.fail(i, "at least one size, none of them and no stride negative,");
  }

  long rank() const { return rank_; }
  const int32_t* sizes() const { return sizes_; }
  const int32_t* strides(int array) const { return sizes_ + (1 + array) * rank_; }

  long count() const {
    long count = 1;
    for (long d = 0; d < rank_; d++) count *= sizes_[d];
    return count;
  }
  // Numbers that an array must have.
  long reach(int array) const {
    if (count() == 0) return 0;
    long last = 0;
    for (long d = 0; d < rank_; d++) last += (sizes_[d] - 1L) * strides(array)[d];
    return last + 1;
  }

  // f(at, offsets, count) for pieces of the last dimension: the piece begins at number `at` of an array without gaps and
  // at offsets[n] of array n.
  template <class F>
  void share_rows(F&& f) const {
    const long width = sizes_[rank_ - 1];
    if (count() == 0) return;
    const long pieces = (width + kChunk - 1) / kChunk, piece = (width + pieces - 1) / pieces;
    share_chunks(count() / width * pieces, piece, [&](long, long first, long last) {
      long offsets[N], here[N];
      for (long p = first; p < last; p++) {
        const long row = p / pieces, from = p % pieces * piece;
        offsets_of(row, offsets);
        for (int n = 0; n < N; n++) here[n] = offsets[n] + from * strides(n)[rank_ - 1];
        if (from < width) f(row * width + from, here, std::min(piece, width - from));
      }
    });
  }

  // Where a row of the last dimension begins.
  void offsets_of(long row, long* offsets) const {
    for (int n = 0; n < N; n++) offsets[n] = 0;
    for (long d = rank_ - 2; d >= 0; d--) {
      const long index = row % sizes_[d];
      row /= sizes_[d];
      for (int n = 0; n < N; n++) offsets[n] += index * strides(n)[d];
    }
  }

 private:
  long rank_;
  const int32_t* sizes_;
};
