#include "args.h"
#include "rows.h"
#include "scratch.h"

#include <cmath>

static thread_local Scratch scratch;

// crossEntropy(loss, gradient?, logits, ids, rows, vocabulary, temperature): z = logits / τ,
// loss[n] = lse(z[n]) − z[n, id[n]], gradient[n] = softmax(z[n]) − onehot(id[n]); gradient may be logits.
static Register cross_entropy("crossEntropy", [](Args& a) -> napi_value {
  const long rows = a.size(4), width = a.size(5);
  const double size = static_cast<double>(rows) * width;
  float *losses = a.f32(0, rows), *gradient = a.optional(1, size);
  const float* logits = a.f32(2, size);
  const int32_t* ids = a.ids(3, rows, width);
  const float scale = static_cast<float>(1 / a.num(6));
  share_rows(rows, width, [&](long row) {
    const float* from = logits + row * width;
    float* to = gradient ? gradient + row * width : scratch.of(width);
    const float chosen = from[ids[row]];
    vf most = splat(-__builtin_inff());
    along(width, [&](long i, auto lane) { most = max(most, lane.in(from + i, -__builtin_inff())); });
    const float top = largest(most);
    vf total{};
    along(width, [&](long i, auto lane) {
      const vf e = exp((lane.in(from + i, -__builtin_inff()) - top) * scale);
      total += e;
      lane.out(to + i, e);
    });
    const float all = sum(total);
    losses[row] = std::log(all) + (top - chosen) * scale;
    if (gradient == nullptr) return;
    along(width, [&](long i, auto lane) { lane.out(to + i, lane.in(to + i) * (1 / all)); });
    to[ids[row]] -= 1;
  });
  return nullptr;
});

// scaleRows(out, x, factors, rows, width): out[r] = factors[r] x[r]
static Register scale_rows("scaleRows", [](Args& a) -> napi_value {
  const long rows = a.size(3), width = a.size(4);
  const double size = static_cast<double>(rows) * width;
  float* out = a.f32(0, size);
  const float *x = a.f32(1, size), *factors = a.f32(2, rows);
  share_rows(rows, width, [&](long row) {
    const float factor = factors[row];
    along(width, [&](long i, auto lane) { lane.out(out + row * width + i, lane.in(x + row * width + i) * factor); });
  });
  return nullptr;
});
