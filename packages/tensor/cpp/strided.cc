// Copies between arrays of one shape and different strides: parts, joins, repeats and transposes.
#include "args.h"
#include "layout.h"

// The last dimension of out and dimension k of x lie without gaps: tiles of both, turned in registers.
static void copy_turned(float* out, const float* x, const Layout<2>& layout, long k) {
  const long last = layout.rank() - 1, columns = layout.sizes()[last], rows = layout.sizes()[k];
  const long out_row = layout.strides(0)[k], x_column = layout.strides(1)[last];
  const long strips = (rows + VL - 1) / VL;
  share_rows(layout.count() / columns / rows * strips, VL * columns, [&](long task) {
    const long first = task % strips * VL, height = std::min<long>(VL, rows - first);
    long rest = task / strips;
    float* to = out + first * out_row;
    const float* from = x + first;
    for (long d = last - 1; d >= 0; d--) {
      if (d == k) continue;
      const long index = rest % layout.sizes()[d];
      rest /= layout.sizes()[d];
      to += index * layout.strides(0)[d];
      from += index * layout.strides(1)[d];
    }
    long j = 0;
    for (; height == VL && j + VL <= columns; j += VL) {
      vf tile[VL];
      for (int c = 0; c < VL; c++) tile[c] = load(from + (j + c) * x_column);
      transpose(tile);
      for (int r = 0; r < VL; r++) store(to + r * out_row + j, tile[r]);
    }
    for (; j < columns; j++) {
      for (long r = 0; r < height; r++) to[r * out_row + j] = from[j * x_column + r];
    }
  });
}

// copy(out, x, layout, rank, outStart, xStart): layout [3, rank]: sizes, then the strides of out and of x
static Register copy("copy", [](Args& a) -> napi_value {
  const long rank = a.size(3), last = rank - 1;
  const Layout<2> layout(a, 2, rank);
  const long out_start = a.size(4), x_start = a.size(5);
  float* out = a.f32(0, static_cast<double>(out_start) + layout.reach(0)) + out_start;
  const float* x = a.f32(1, static_cast<double>(x_start) + layout.reach(1)) + x_start;
  const long to_step = layout.strides(0)[last], from_step = layout.strides(1)[last];
  if (layout.count() == 0) return nullptr;
  if (to_step == 1 && from_step > 1) {
    for (long k = 0; k < last; k++) {
      if (layout.strides(1)[k] != 1) continue;
      copy_turned(out, x, layout, k);
      return nullptr;
    }
  }
  layout.share_rows([&](long, const long* offsets, long count) {
    float* to = out + offsets[0];
    const float* from = x + offsets[1];
    if (to_step == 1 && from_step == 1) std::copy_n(from, count, to);
    else if (to_step == 1 && from_step == 0) std::fill_n(to, count, *from);
    else for (long i = 0; i < count; i++) to[i * to_step] = from[i * from_step];
  });
  return nullptr;
});
