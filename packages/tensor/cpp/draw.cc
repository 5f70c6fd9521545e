// Drawing tokens: softmax(z / T) of many rows at once, without keeping it.
#include <algorithm>
#include <cmath>

#include "args.h"
#include "pool.h"
#include "scratch.h"
#include "vec.h"

constexpr long kPart = 256;  // summed in float32; the sums of parts are added in float64

static thread_local Scratch scratch;

static vf weight(const float* z, int n, vf top, vf per_temperature) {
  const vf x = n >= VL ? load(z) : load_some(z, n, -__builtin_inff());
  return exp((x - top) * per_temperature);
}

// Σ exp((z − top) / T)
static double sum_part(const float* z, long n, vf top, vf per_temperature) {
  vf total{};
  for (long i = 0; i < n; i += VL) total += weight(z + i, static_cast<int>(std::min<long>(VL, n - i)), top, per_temperature);
  return sum(total);
}

// The first id at which the running sum passes the target, and which part it is in.
static long pass_target(const float* z, long n, vf top, vf per_temperature, double before, double target) {
  long last = -1;
  for (long i = 0; i < n; i += VL) {
    const int lanes = static_cast<int>(std::min<long>(VL, n - i));
    const vf w = weight(z + i, lanes, top, per_temperature);
    for (int v = 0; v < lanes; v++) {
      if (w[v] == 0) continue;
      before += w[v];
      last = i + v;
      if (before > target) return last;
    }
  }
  return last;  // rounding left the target at the very end
}

static long arg_max(const float* z, long n) {
  vf most = splat(-__builtin_inff());
  for (long i = 0; i < n; i += VL) {
    most = max(i + VL <= n ? load(z + i) : load_some(z + i, static_cast<int>(n - i), -__builtin_inff()), most);
  }
  const float top = largest(most);
  return std::find(z, z + n, top) - z;
}

// drawTokens(ids, logProbs, logits, rows, temperatures, uniforms, count, vocabulary): for each i, of row rows[i] of the
// logits, an id and ln softmax(z / T)[id]. T = 0 takes the most probable at T = 1. An id of −1: not finite.
static Register draw_tokens("drawTokens", [](Args& a) -> napi_value {
  const long count = a.size(6), vocabulary = a.size(7);
  int32_t* ids = a.i32(0, count);
  double* log_probs = a.f64(1, count);
  const int32_t* rows = a.i32(3, count);
  const double *temperatures = a.f64(4, count), *uniforms = a.f64(5, count);
  if (vocabulary == 0 || count == 0) return nullptr;
  long highest = 0;
  for (long i = 0; i < count; i++) {
    if (rows[i] < 0) a.fail(3, "rows of at least 0");
    highest = std::max<long>(highest, rows[i]);
  }
  const float* logits = a.f32(2, static_cast<double>(highest + 1) * vocabulary);
  const auto draw = [&](int i) {
    const float* z = logits + rows[i] * vocabulary;
    const double temperature = temperatures[i] == 0 ? 1 : temperatures[i];
    const long best = arg_max(z, vocabulary);
    ids[i] = -1;
    if (best == vocabulary) return;  // all are NaN
    const vf top = splat(z[best]), per_temperature = splat(static_cast<float>(1 / temperature));
    const long parts = (vocabulary + kPart - 1) / kPart;
    float* sums = scratch.of(parts);
    double total = 0;
    for (long p = 0; p < parts; p++) {
      sums[p] = static_cast<float>(sum_part(z + p * kPart, std::min(kPart, vocabulary - p * kPart), top, per_temperature));
      total += sums[p];
    }
    if (!std::isfinite(z[best]) || !std::isfinite(total)) return;
    long id = best;
    if (temperatures[i] != 0) {
      const double target = uniforms[i] * total;
      double before = 0;
      long part = 0;
      while (part + 1 < parts && before + sums[part] <= target) before += sums[part++];
      // The sum of a part and the running sum in it round differently: the next part may be meant.
      id = -1;
      for (; part < parts; part++) {
        const long from = part * kPart, found = pass_target(z + from, std::min(kPart, vocabulary - from), top,
                                                            per_temperature, before, target);
        if (found >= 0) id = from + found;
        if (found >= 0) break;
        before += sums[part];
      }
      if (id < 0) id = best;
    }
    ids[i] = static_cast<int32_t>(id);
    log_probs[i] = (static_cast<double>(z[id]) - z[best]) / temperature - std::log(total);
  };
  if (count * vocabulary > (1 << 13)) Pool::get().run(static_cast<int>(count), draw);
  else for (int i = 0; i < count; i++) draw(i);
  return nullptr;
});
