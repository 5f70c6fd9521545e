// Attention of new tokens to keys and values in pages. A page holds kPage places of one sequence, or of several that
// begin alike; for each layer in turn
//   keys [Hkv, Dh, kPage], so that scores of places lie side by side, then values [Hkv, kPage, padded],
// padded: Dh up to the next multiple of kLane. Queries that see the same page are taken together: it is read once.
#include <algorithm>
#include <cmath>
#include <vector>

#include "args.h"
#include "pool.h"
#include "scratch.h"
#include "vec.h"

constexpr long kPage = 32, kLane = 16;
constexpr long kRows = 16, kScores = 1 << 16;  // most rows of a task, and most of their scores
constexpr double kWorth = 1 << 17;             // products of a query and a key that threads should share

static inline long padded(long n) { return (n + kLane - 1) / kLane * kLane; }
static inline long layer_size(long kv_heads, long size) { return kv_heads * kPage * (size + padded(size)); }

// What a product has the processor fetch for the next one while it computes: a row of numbers for each k.
struct NextRows {
  const float* next;
  long step, width, rows;
};
constexpr NextRows kNothing{nullptr, 0, 0, 0};

// C [R, V vectors] (+)= A [R, k] B [k, V vectors]. A sum has one order, whatever R and V are: a row is the same alone and
// among others.
template <int R, int V>
static inline void tile(long k, const float* a, long lda, const float* b, long ldb, float* c, long ldc, bool adds,
                        NextRows ahead) {
  vf s[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int v = 0; v < V; v++) s[r][v] = adds ? load(c + r * ldc + v * VL) : vf{};
  }
  for (long i = 0; i < k; i++) {
    if (i < ahead.rows) {
      for (long j = 0; j < ahead.width; j += kLane) __builtin_prefetch(ahead.next + i * ahead.step + j);
    }
    vf row[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; v++) row[v] = load(b + i * ldb + v * VL);
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      const vf x = splat(a[r * lda + i]);
#pragma GCC unroll 8
      for (int v = 0; v < V; v++) s[r][v] += x * row[v];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
    for (int v = 0; v < V; v++) store(c + r * ldc + v * VL, s[r][v]);
  }
}

// C [R, n] (+)= A [R, k] B [k, n], V vectors of columns at a time
template <int R, int V>
static void row_tiles(long n, long k, const float* a, long lda, const float* b, long ldb, float* c, long ldc, bool adds,
                      NextRows ahead) {
  long j = 0;
  for (; j + V * VL <= n; j += V * VL) {
    tile<R, V>(k, a, lda, b + j, ldb, c + j, ldc, adds, ahead);
    ahead = kNothing;
  }
  if constexpr (V > 1) {
    if (j < n) row_tiles<R, V / 2>(n - j, k, a, lda, b + j, ldb, c + j, ldc, adds, ahead);
  }
}

// C [m, n] (+)= A [m, k] B [k, n], n a multiple of VL: a few queries by a page. Up to 8 sums are in flight.
static void product(long m, long n, long k, const float* a, long lda, const float* b, long ldb, float* c, long ldc,
                    bool adds, NextRows ahead) {
  long i = 0;
  for (; i + 2 <= m; i += 2) {
    row_tiles<2, 4>(n, k, a + i * lda, lda, b, ldb, c + i * ldc, ldc, adds, ahead);
    ahead = kNothing;
  }
  if (i < m) row_tiles<1, 8>(n, k, a + i * lda, lda, b, ldb, c + i * ldc, ldc, adds, ahead);
}

// Where the keys and values of one layer are. Pages are numbered through all slabs.
struct Pages {
  std::vector<float*> slabs;
  long per_slab, page_size, layer_at;
  long kv_heads, size, value_width;

  float* at(long page) const {
    return slabs[page / per_slab] + page % per_slab * page_size + layer_at;
  }
  float* keys(long page, long head) const { return at(page) + head * size * kPage; }
  float* values(long page, long head) const {
    return at(page) + kv_heads * size * kPage + head * kPage * value_width;
  }
};

// A new token: its sequence's pages, and the columns of them that it sees.
struct Place {
  const int32_t* entries;  // [columns, 2] a page and the position of its first place; −1 behind the last
  long position, from;  // sees [from, position]
  int first, last;      // columns

  int page(int column) const { return entries[2 * column]; }
  long start(int column) const { return entries[2 * column + 1]; }
  bool sees(int column) const { return first <= column && column <= last; }
  // The places of a column that it sees.
  int begin(int column) const { return static_cast<int>(std::max(0L, from - start(column))); }
  int end(int column) const {
    const long behind = column == last ? position + 1 : start(column + 1);
    return static_cast<int>(behind - start(column));
  }
};

struct View {
  long heads, repeats;
  float scale, softcap;  // softcap 0: none
};

static int column_of(const int32_t* entries, long columns, long position) {
  int column = 0;
  while (column + 1 < columns && entries[2 * (column + 1)] >= 0 && entries[2 * (column + 1) + 1] <= position) column++;
  return column;
}

static void write_place(const Pages& pages, const Place& place, const float* key, const float* value, long head) {
  const long slot = place.position - place.start(place.last);
  float* keys = pages.keys(place.page(place.last), head) + slot;
  for (long i = 0; i < pages.size; i++) keys[i * kPage] = key[i];
  float* values = pages.values(place.page(place.last), head) + slot * pages.value_width;
  std::copy(value, value + pages.size, values);
  std::fill(values + pages.size, values + pages.value_width, 0.f);
}

static thread_local Scratch scratch;

// Rows that see the same page, and the places of it that any of them sees.
struct Sight {
  long row, end;
  int column, page, begin, behind;
};

static void sights_of(const Place* rows, long count, std::vector<Sight>& sights) {
  int first = rows[0].first, last = rows[0].last;
  for (long r = 1; r < count; r++) {
    first = std::min(first, rows[r].first);
    last = std::max(last, rows[r].last);
  }
  sights.clear();
  for (int column = first; column <= last; column++) {
    for (long r = 0; r < count;) {
      if (!rows[r].sees(column)) {
        r++;
        continue;
      }
      Sight sight{r, r, column, rows[r].page(column), kPage, 0};
      for (; r < count && rows[r].sees(column) && rows[r].page(column) == sight.page; r++) {
        sight.begin = std::min(sight.begin, rows[r].begin(column));
        sight.behind = std::max(sight.behind, rows[r].end(column));
      }
      sight.end = r;
      sights.push_back(sight);
    }
  }
}

// exp(s − max s) of one query's places in place, 0 where one is hidden; returns the largest score and the sum. A place's
// lane is its position's: the sum is the same however pages are cut.
struct Weighed {
  float top, total;
};
static Weighed weigh(float* scores, const Place& place, long base, float softcap) {
  const long first = place.from / kLane * kLane - base, behind = padded(place.position + 1) - base;
  if (softcap > 0) {
    for (long v = first; v < behind; v += VL) store(scores + v, softcap * tanh(load(scores + v) / softcap));
  }
  std::fill(scores + first, scores + place.from - base, -__builtin_inff());
  std::fill(scores + place.position + 1 - base, scores + behind, -__builtin_inff());
  vf most = splat(-__builtin_inff()), total{};
  for (long v = first; v < behind; v += VL) most = max(load(scores + v), most);
  const float top = largest(most);
  for (long v = first; v < behind; v += VL) {
    const vf p = exp(load(scores + v) - top);
    store(scores + v, p);
    total += p;
  }
  return {top, sum(total)};
}

// out [rows, H, Dh] of the queries of one key head; log_sums [rows, H], where it is not null, log Σ e^score.
static void attend(const Pages& pages, const View& view, const Place* rows, long count, long head, const float* q,
                   float* out, float* log_sums) {
  const long dh = pages.size, width = pages.value_width, repeats = view.repeats, n = count * repeats;
  static thread_local std::vector<Sight> sights;
  sights_of(rows, count, sights);
  long base = rows[0].start(rows[0].first), behind = 0;  // positions
  for (long r = 0; r < count; r++) {
    base = std::min(base, rows[r].start(rows[r].first));
    behind = std::max(behind, rows[r].position + 1);
  }
  base = base / kLane * kLane;
  const long wide = padded(behind - base) + kPage;
  float* queries = scratch.of(n * (dh + wide + width));
  float *scores = queries + n * dh, *sums = scores + n * wide;  // scores by position, from base on
  for (long r = 0; r < count; r++) {
    const float* from = q + (r * view.heads + head * repeats) * dh;
    for (long i = 0; i < repeats * dh; i++) queries[r * repeats * dh + i] = view.scale * from[i];
  }
  const auto keys_of = [&](const Sight& s) { return NextRows{pages.keys(s.page, head), kPage, padded(s.behind), dh}; };
  const auto values_of = [&](const Sight& s) {
    return NextRows{pages.values(s.page, head) + s.begin * width, width, width, s.behind - s.begin};
  };
  for (size_t i = 0; i < sights.size(); i++) {
    const Sight& s = sights[i];
    const NextRows next = i + 1 < sights.size() ? keys_of(sights[i + 1]) : values_of(sights[0]);
    // What is computed behind the page's last place is overwritten by the next page, or hidden.
    product((s.end - s.row) * repeats, padded(s.behind), dh, queries + s.row * repeats * dh, dh, pages.keys(s.page, head),
            kPage, scores + s.row * repeats * wide + rows[s.row].start(s.column) - base, wide, false, next);
  }
  std::fill(sums, sums + n * width, 0.f);
  for (long i = 0; i < n; i++) {
    const Place& place = rows[i / repeats];
    float* s = scores + i * wide;
    const auto [top, total] = weigh(s, place, base, view.softcap);
    const float share = 1 / total;
    if (log_sums) log_sums[i / repeats * view.heads + head * repeats + i % repeats] = top + std::log(total);
    for (long v = place.from - base; v <= place.position - base; v++) s[v] *= share;
    std::fill(s, s + place.from - base, 0.f);  // other rows may see these
    std::fill(s + place.position + 1 - base, s + wide, 0.f);
  }
  for (size_t i = 0; i < sights.size(); i++) {
    const Sight& s = sights[i];
    const NextRows next = i + 1 < sights.size() ? values_of(sights[i + 1]) : kNothing;
    product((s.end - s.row) * repeats, width, s.behind - s.begin,
            scores + s.row * repeats * wide + rows[s.row].start(s.column) + s.begin - base, wide,
            pages.values(s.page, head) + s.begin * width, width, sums + s.row * repeats * width, width, true, next);
  }
  for (long r = 0; r < count; r++) {
    float* to = out + (r * view.heads + head * repeats) * dh;
    for (long i = 0; i < repeats; i++) {
      const float* from = sums + (r * repeats + i) * width;
      std::copy(from, from + dh, to + i * dh);
    }
  }
}

// attendPages(out, q, k, v, slabs, table, sequences, positions, rows, [pagesPerSlab, layers, layer, columns, heads,
// keyValueHeads, headSize], scale, window, softcap, logSums?): writes k and v of each row to its place, then attends.
static Register attend_pages("attendPages", [](Args& a) -> napi_value {
  const long rows = a.size(8);
  const int32_t* numbers = a.i32(9, 7);
  const long per_slab = numbers[0], layers = numbers[1], layer = numbers[2], columns = numbers[3];
  const long heads = numbers[4], kv_heads = numbers[5], size = numbers[6];
  if (rows == 0) return nullptr;
  if (per_slab < 1 || layer < 0 || layer >= layers || columns < 1 || kv_heads < 1 || heads % kv_heads != 0 || size < 1) {
    a.fail(9, "counts that fit each other");
  }
  const long page_size = layers * layer_size(kv_heads, size);
  float* out = a.f32(0, static_cast<double>(rows) * heads * size);
  const float* q = a.f32(1, static_cast<double>(rows) * heads * size);
  const float* k = a.f32(2, static_cast<double>(rows) * kv_heads * size);
  const float* v = a.f32(3, static_cast<double>(rows) * kv_heads * size);
  const Pages pages{a.f32s(4, static_cast<double>(per_slab) * page_size), per_slab, page_size,
                    layer * layer_size(kv_heads, size), kv_heads, size, padded(size)};
  const int32_t *sequences = a.i32(6, rows), *positions = a.i32(7, rows);
  const View view{heads, heads / kv_heads, static_cast<float>(a.num(10)), static_cast<float>(a.num(12))};
  const double window = a.num(11);
  float* log_sums = a.optional(13, static_cast<double>(rows) * heads);
  const long most_pages = per_slab * static_cast<long>(pages.slabs.size());

  long highest = 0;
  for (long r = 0; r < rows; r++) highest = std::max<long>(highest, sequences[r]);
  const int32_t* table = a.i32(5, static_cast<double>(highest + 1) * columns * 2);
  std::vector<Place> places(rows);
  double work = 0;
  bool are_alone = true;  // one new token per sequence
  for (long r = 0; r < rows; r++) {
    Place& place = places[r];
    place.entries = table + std::max(0, sequences[r]) * columns * 2;
    place.position = positions[r];
    place.from = std::max(0L, window > 0 ? place.position + 1 - static_cast<long>(window) : 0L);
    place.first = column_of(place.entries, columns, place.from);
    place.last = column_of(place.entries, columns, place.position);
    for (int c = place.first; c <= place.last; c++) {
      if (place.page(c) < 0 || place.page(c) >= most_pages) a.fail(5, "pages that there are");
    }
    const long slot = place.position - place.start(place.last);
    if (slot < 0 || slot >= kPage) a.fail(7, "positions that the pages hold");
    if (r > 0 && sequences[r] == sequences[r - 1]) are_alone = false;
    work += static_cast<double>(place.position + 1 - place.from) * heads * size;
  }

  std::vector<std::pair<long, long>> runs;  // first row, rows
  for (long r = 0; r < rows;) {
    const long width = (places[r].last + 1) * kPage * view.repeats;
    const long most = std::max(1L, std::min(kRows, kScores / width));
    long end = r + 1;
    while (end < rows && end - r < most && places[end].page(0) == places[r].page(0)) end++;
    runs.push_back({r, end - r});
    r = end;
  }
  const auto share = [&](int tasks, auto&& f) {
    if (work > kWorth) return Pool::get().run(tasks, f);
    for (int t = 0; t < tasks; t++) f(t);
  };
  const auto write = [&](long r, long head) {
    const long at = (r * kv_heads + head) * size;
    write_place(pages, places[r], k + at, v + at, head);
  };
  if (!are_alone) {
    share(static_cast<int>(runs.size()), [&](int t) {
      for (long r = runs[t].first; r < runs[t].first + runs[t].second; r++) {
        for (long head = 0; head < kv_heads; head++) write(r, head);
      }
    });
  }
  share(static_cast<int>(runs.size() * kv_heads), [&](int t) {
    const auto [first, count] = runs[t / kv_heads];
    const long head = t % kv_heads;
    if (are_alone) {
      for (long r = first; r < first + count; r++) write(r, head);
    }
    attend(pages, view, &places[first], count, head, q + first * heads * size, out + first * heads * size,
           log_sums ? log_sums + first * heads : nullptr);
  });
  return nullptr;
});

// pageSize(layers, keyValueHeads, headSize) -> numbers of a page; pagePlaces() -> its places
static Register page_size("pageSize", [](Args& a) -> napi_value {
  return a.number(static_cast<double>(a.size(0)) * layer_size(a.size(1), a.size(2)));
});
static Register page_places("pagePlaces", [](Args& a) -> napi_value { return a.number(kPage); });
