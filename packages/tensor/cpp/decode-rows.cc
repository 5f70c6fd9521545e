// What a decoder does to the few rows of a pass beside products, norms and attention.
#include <algorithm>

#include "args.h"
#include "vec.h"

// f(vector) of each vector of x, with a tail; a pass of a few rows is not worth sharing.
template <class F>
static void map_numbers(float* out, long count, F&& f) {
  long i = 0;
  for (; i + VL <= count; i += VL) store(out + i, f([i](const float* x) { return load(x + i); }));
  const int rest = static_cast<int>(count - i);
  if (rest > 0) store_some(out + i, f([i, rest](const float* x) { return load_some(x + i, rest); }), rest);
}

// pickColumns(out, x, rows, width, start, end): out [rows, end − start]
static Register pick_columns("pickColumns", [](Args& a) -> napi_value {
  const long rows = a.size(2), width = a.size(3), start = a.size(4), end = a.size(5);
  if (start > end || end > width) a.fail(5, "columns that there are");
  float* out = a.f32(0, static_cast<double>(rows) * (end - start));
  const float* x = a.f32(1, static_cast<double>(rows) * width);
  for (long r = 0; r < rows; r++) std::copy(x + r * width + start, x + r * width + end, out + r * (end - start));
  return nullptr;
});

// addNumbers(out, a, b, count), multiplyNumbers(out, a, b, count), scaleNumbers(out, x, factor, count),
// softCapNumbers(out, x, cap, count): cap · tanh(x / cap)
static Register add_numbers("addNumbers", [](Args& args) -> napi_value {
  const long count = args.size(3);
  const float *a = args.f32(1, count), *b = args.f32(2, count);
  map_numbers(args.f32(0, count), count, [&](auto at) { return at(a) + at(b); });
  return nullptr;
});
static Register multiply_numbers("multiplyNumbers", [](Args& args) -> napi_value {
  const long count = args.size(3);
  const float *a = args.f32(1, count), *b = args.f32(2, count);
  map_numbers(args.f32(0, count), count, [&](auto at) { return at(a) * at(b); });
  return nullptr;
});
static Register scale_numbers("scaleNumbers", [](Args& args) -> napi_value {
  const long count = args.size(3);
  const float* x = args.f32(1, count);
  const float factor = static_cast<float>(args.num(2));
  map_numbers(args.f32(0, count), count, [&](auto at) { return at(x) * factor; });
  return nullptr;
});
static Register soft_cap_numbers("softCapNumbers", [](Args& args) -> napi_value {
  const long count = args.size(3);
  const float* x = args.f32(1, count);
  const float cap = static_cast<float>(args.num(2));
  map_numbers(args.f32(0, count), count, [&](auto at) { return cap * tanh(at(x) / cap); });
  return nullptr;
});
