// Rows of a table, picked and added.
#include "args.h"
#include "rows.h"

// gatherRows(out, x, ids, count, rows, width): out[i] = x[ids[i]], x [rows, width]
static Register gather_rows("gatherRows", [](Args& a) -> napi_value {
  const long count = a.size(3), rows = a.size(4), width = a.size(5);
  float* out = a.f32(0, static_cast<double>(count) * width);
  const float* x = a.f32(1, static_cast<double>(rows) * width);
  const int32_t* ids = a.ids(2, count, rows);
  share_rows(count, width, [&](long i) { std::copy_n(x + ids[i] * width, width, out + i * width); });
  return nullptr;
});

// addRows(out, x, ids, count, rows, width): out[ids[i]] += x[i], in the order of i; out [rows, width]
static Register add_rows("addRows", [](Args& a) -> napi_value {
  const long count = a.size(3), rows = a.size(4), width = a.size(5);
  float* out = a.f32(0, static_cast<double>(rows) * width);
  const float* x = a.f32(1, static_cast<double>(count) * width);
  const int32_t* ids = a.ids(2, count, rows);
  // Shared by columns, so that no two threads add to one number.
  const long strip = std::max<long>(64, kChunk / std::max<long>(1, count)), strips = (width + strip - 1) / strip;
  Pool::get().run(static_cast<int>(strips), [&](int s) {
    const long first = s * strip, columns = std::min(strip, width - first);
    for (long n = 0; n < count; n++) {
      float* to = out + ids[n] * width + first;
      const float* from = x + n * width + first;
      along(columns, [&](long i, auto lane) { lane.out(to + i, lane.in(to + i) + lane.in(from + i)); });
    }
  });
  return nullptr;
});
