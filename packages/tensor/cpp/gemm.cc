#include "gemm.h"

#include <algorithm>

#include "activation.h"
#include "args.h"
#include "rows.h"
#include "scratch.h"

// Registers hold a tile of up to MR x NR; beside it two vectors of B and one of A.
#if defined(__aarch64__)
constexpr int MR = 12;  // of 32 registers
#else
constexpr int MR = VL == 16 ? 14 : 6;  // of 32 with AVX-512, else of 16
#endif
constexpr int NV = 2, NR = NV * VL;
// A panel of B (KC x NR) passes through the first cache while a block of A (MC x KC) stays in the second and a block of B
// (KC x NC) in the third.
constexpr long KC = 512, MC = MR * 16, NC = 2048;

static thread_local Scratch scratch_a, scratch_b, scratch_whole;

static inline long panels_of(long n) { return (n + NR - 1) / NR; }

// The m rows of a block of A are cut into panels of about equal height, at most MR: none is nearly empty.
struct Cut {
  int panels, height, taller;  // the first `taller` panels have one row more than `height`
  explicit Cut(long m) {
    panels = static_cast<int>((m + MR - 1) / MR);
    height = static_cast<int>(m / panels);
    taller = static_cast<int>(m - static_cast<long>(height) * panels);
  }
  int rows(int p) const { return height + (p < taller ? 1 : 0); }
  int start(int p) const { return p * height + std::min(p, taller); }
};

// A panel of H rows without gaps: out[k * H + r], all k that fill a vector; returns how many. The last vector of each k is
// stored wider than the panel is, and the next k covers what is too much: up to VL numbers behind the panel are overwritten.
template <int H>
static long pack_rows(const Matrix& a, long kc, float* out) {
  long k = 0;
  for (; k + VL <= kc; k += VL) {
    for (int first = (H - 1) / VL * VL; first >= 0; first -= VL) {
      vf rows[VL] = {};
#pragma GCC unroll 16
      for (int r = 0; r < VL; r++) {
        if (first + r < H) rows[r] = load(a.at(first + r, k));
      }
      transpose(rows);
      for (int i = 0; i < VL; i++) store(out + (k + i) * H + first, rows[i]);
    }
  }
  return k;
}

template <int H>
static long choose_pack_rows(int h, const Matrix& a, long kc, float* out) {
  if (h == H) return pack_rows<H>(a, kc, out);
  if constexpr (H > 1) return choose_pack_rows<H - 1>(h, a, kc, out);
  return 0;
}

// The panels of a block of A, one behind the other.
static void pack_block_a(const Matrix& a, long mc, long kc, float* out) {
  const Cut cut(mc);
  if (a.row == 1) {
    // A few columns at a time, so that their lines are still in the cache when the next panel reads them; the next ones are
    // fetched meanwhile.
    for (long from = 0; from < kc; from += 8) {
      const long to = std::min(kc - 1, from + 8);
      for (long k = from + 8; k < std::min(kc, from + 16); k++) {
        for (long i = 0; i < mc + 15; i += 16) __builtin_prefetch(a.at(i, k));
      }
      for (int p = 0; p < cut.panels; p++) {
        const int h = cut.rows(p);
        float* panel = out + cut.start(p) * kc;
        const float* data = a.data + cut.start(p);
        for (long k = from; k < to; k++) {  // reads into the next column
          store(panel + k * h, load(data + k * a.column));
          if constexpr (MR > VL) {
            for (int r = VL; r < h; r += VL) store(panel + k * h + r, load(data + k * a.column + r));
          }
        }
      }
    }
  }
  for (int p = 0; p < cut.panels; p++) {
    const int h = cut.rows(p);
    const Matrix from{a.at(cut.start(p), 0), a.row, a.column};
    float* panel = out + cut.start(p) * kc;
    long k = a.row == 1 ? kc - 1 : a.column == 1 ? choose_pack_rows<MR>(h, from, kc, panel) : 0;
    for (; k < kc; k++) {
      for (int r = 0; r < h; r++) panel[k * h + r] = *from.at(r, k);
    }
  }
}

// A panel of up to NR columns, the missing ones 0: out[k * NR + j].
static void pack_panel_b(const Matrix& b, long kc, long columns, float* out) {
  if (b.column == 1 && columns == NR) {
    for (long k = 0; k < kc; k++) {
      for (int v = 0; v < NV; v++) store(out + k * NR + v * VL, load(b.data + k * b.row + v * VL));
    }
  } else if (b.row == 1 && columns == NR) {
    long k = 0;
    for (; k + VL <= kc; k += VL) {
      for (int v = 0; v < NV; v++) {
        vf rows[VL];
        for (int i = 0; i < VL; i++) rows[i] = load(b.at(k, v * VL + i));
        transpose(rows);
        for (int i = 0; i < VL; i++) store(out + (k + i) * NR + v * VL, rows[i]);
      }
    }
    for (; k < kc; k++) {
      for (long j = 0; j < NR; j++) out[k * NR + j] = *b.at(k, j);
    }
  } else {
    for (long k = 0; k < kc; k++) {
      for (long j = 0; j < NR; j++) out[k * NR + j] = j < columns ? *b.at(k, j) : 0;
    }
  }
}

// What a tile has the processor fetch before it is needed: of the panel of B that comes next a part, `step` numbers on for
// each k, because one tile alone would wait for memory; and the tile of C.
struct Ahead {
  const float* next;
  long step;
  const float* c;
  long ldc;
};

// S [H, NR] = A panel [kc, H] times B panel [kc, NR], handed to `write(row, vector, value)`.
template <int H, class Write>
static inline void tile(long kc, const float* a, const float* b, Ahead ahead, Write&& write) {
  vf s[H][NV];
#pragma GCC unroll 16
  for (int i = 0; i < H; i++) {
    __builtin_prefetch(ahead.c + i * ahead.ldc, 1, 3);
    __builtin_prefetch(ahead.c + i * ahead.ldc + NR - 1, 1, 3);
#pragma GCC unroll 2
    for (int v = 0; v < NV; v++) s[i][v] = vf{};
  }
#pragma GCC unroll 4
  for (long k = 0; k < kc; k++) {
    vf row[NV];
#pragma GCC unroll 2
    for (int v = 0; v < NV; v++) row[v] = load(b + v * VL);
    __builtin_prefetch(ahead.next, 0, 2);
    ahead.next += ahead.step;
#pragma GCC unroll 16
    for (int i = 0; i < H; i++) {
      const vf x = splat(a[i]);
#pragma GCC unroll 2
      for (int v = 0; v < NV; v++) s[i][v] += x * row[v];
    }
    a += H;
    b += NR;
  }
#pragma GCC unroll 16
  for (int i = 0; i < H; i++) {
#pragma GCC unroll 2
    for (int v = 0; v < NV; v++) write(i, v, s[i][v]);
  }
}

// What becomes of a tile: C = start + scale * S, start: C itself, or a residual and a bias, or 0.
struct Output {
  float* c;
  long ldc;
  bool accumulate;
  float scale;
  const float* bias;      // of these columns
  const float* residual;  // of these rows and columns, rows ldc apart
  Ahead ahead{};
};

template <int H>
static void compute_tile(long kc, const float* a, const float* b, long columns, const Output& o) {
  const bool is_full = columns == NR;
  float edge[H * NR];
  float* c = is_full ? o.c : edge;
  const long ldc = is_full ? o.ldc : NR;
  if (is_full && o.accumulate && o.scale == 1) {
    return tile<H>(kc, a, b, o.ahead, [&](int i, int v, vf s) {
      float* to = c + i * ldc + v * VL;
      store(to, load(to) + s);
    });
  }
  if (is_full && o.accumulate) {
    return tile<H>(kc, a, b, o.ahead, [&](int i, int v, vf s) {
      float* to = c + i * ldc + v * VL;
      store(to, load(to) + o.scale * s);
    });
  }
  if (is_full && (o.bias || o.residual)) {
    return tile<H>(kc, a, b, o.ahead, [&](int i, int v, vf s) {
      vf y = o.scale * s;
      if (o.bias) y += load(o.bias + v * VL);
      if (o.residual) y += load(o.residual + i * o.ldc + v * VL);
      store(c + i * ldc + v * VL, y);
    });
  }
  tile<H>(kc, a, b, o.ahead, [&](int i, int v, vf s) { store(c + i * ldc + v * VL, o.scale * s); });
  if (is_full) return;
  for (int i = 0; i < H; i++) {
    for (long j = 0; j < columns; j++) {
      float* to = o.c + i * o.ldc + j;
      float start = o.accumulate ? *to : 0;
      if (!o.accumulate && o.bias) start += o.bias[j];
      if (!o.accumulate && o.residual) start += o.residual[i * o.ldc + j];
      *to = start + edge[i * NR + j];
    }
  }
}

template <int H>
static void choose_tile(int h, long kc, const float* a, const float* b, long columns, const Output& o) {
  if (h == H) return compute_tile<H>(kc, a, b, columns, o);
  if constexpr (H > 1) choose_tile<H - 1>(h, kc, a, b, columns, o);
}

// The rows of B that count for some rows of C, of those that one panel holds; and whether C is asked for at all.
struct Band {
  Triangle triangle;
  long diagonal, row, column, k;  // where the block of A, the panel of B and its rows begin
  bool is_asked(long end) const { return triangle != Triangle::result || column < row + end - 1 + diagonal; }
  long begin(long start) const {
    return triangle == Triangle::transposed ? std::max(0L, row + start - diagonal + 1 - k) : 0;
  }
  long end(long end, long kc) const {
    return triangle == Triangle::left ? std::min(kc, row + end - 1 + diagonal - k) : kc;
  }
};
constexpr Band kWhole{Triangle::none, 0, 0, 0, 0};

// A packed block of A times one packed panel of B.
static void block_times_panel(long mc, long kc, const float* a, const float* b, long columns, const Output& o,
                              const Band& band = kWhole) {
  const Cut cut(mc);
  const long step = (NR + cut.panels - 1) / cut.panels;
  for (int p = 0; p < cut.panels; p++) {
    const int rows = cut.rows(p);
    const long start = cut.start(p);
    if (!band.is_asked(start + rows)) continue;
    const long from = band.begin(start), to = std::max(from, band.end(start + rows, kc));
    Output part = o;
    part.c += start * o.ldc;
    part.ahead = {b + kc * NR + p * step * kc, step, part.c, o.ldc};
    if (part.residual) part.residual += start * o.ldc;
    choose_tile<MR>(rows, to - from, a + start * kc + from * rows, b + from * NR, columns, part);
  }
}

// The part of C that one task computes: a block of A times some panels of B.
struct Share {
  long row, rows, panel, panel_end;
};

// Blocks of whole panels, so many that threads of unlike speed end at about the same time; where rows are few, each block
// goes to several tasks, which share its panels of B.
struct Shares {
  long m, panels, units, blocks, groups;
  Shares(long m, long panels, long most, long wanted) : m(m), panels(panels), units((m + MR - 1) / MR) {
    blocks = (m + most - 1) / most;
    groups = std::max<long>(1, std::min((wanted + blocks - 1) / blocks, panels / 16));
    blocks = std::max(blocks, std::min((wanted + groups - 1) / groups, units / 4));
    groups = std::max(groups, std::min((wanted + blocks - 1) / blocks, panels / 4));
  }
  int tasks() const { return static_cast<int>(blocks * groups); }
  Share of(int task) const {
    const long block = task / groups, group = task % groups;
    const long row = block * units / blocks * MR, end = std::min(m, (block + 1) * units / blocks * MR);
    const long panel = group * panels / groups;
    return {row, end - row, panel, (group + 1) * panels / groups};
  }
};

static long tasks_wanted() { return 8 * Pool::get().threads(); }

static void clear(const Product& p) {
  if (p.accumulate) return;
  for (long i = 0; i < p.m; i++) std::fill(p.c + i * p.ldc, p.c + i * p.ldc + p.n, 0.f);
}

template <class Run>
static void blocked(const Product& p, long tasks, Run&& run) {
  if (p.m == 0 || p.n == 0) return;
  if (p.k == 0) return clear(p);
  float* packed_b = scratch_b.of(KC * std::min(NC, panels_of(p.n) * NR));
  for (long jc = 0; jc < p.n; jc += NC) {
    const long nc = std::min(NC, p.n - jc), panels = panels_of(nc);
    const long parts = (p.k + KC - 1) / KC;
    for (long part = 0; part < parts; part++) {
      const long pc = part * p.k / parts, kc = (part + 1) * p.k / parts - pc;
      run(static_cast<int>(panels), [&](int j) {
        const long column = static_cast<long>(j) * NR;
        const Matrix from{p.b.at(pc, jc + column), p.b.row, p.b.column};
        pack_panel_b(from, kc, std::min<long>(NR, nc - column), packed_b + column * kc);
      });
      const Shares shares(p.m, panels, MC, tasks);
      run(shares.tasks(), [&](int t) {
        const Share s = shares.of(t);
        float* packed_a = scratch_a.of(MC * KC + VL);
        pack_block_a({p.a.at(s.row, pc), p.a.row, p.a.column}, s.rows, kc, packed_a);
        for (long j = s.panel; j < s.panel_end; j++) {
          const long column = j * NR;
          const Output out{p.c + s.row * p.ldc + jc + column, p.ldc, p.accumulate || pc > 0, p.scale, nullptr, nullptr};
          const Band band{p.triangle, p.diagonal, s.row, jc + column, pc};
          block_times_panel(s.rows, kc, packed_a, packed_b + column * kc, std::min<long>(NR, nc - column), out, band);
        }
      });
    }
  }
}

void gemm_serial(const Product& p) {
  blocked(p, 1, [](int tasks, auto&& f) {
    for (int i = 0; i < tasks; i++) f(i);
  });
}

long packed_size(long n, long k) { return panels_of(n) * NR * k; }

// Panel after panel, each whole: [panel][k][NR].
void pack(float* out, const Matrix& b, long n, long k) {
  Pool::get().run(static_cast<int>(panels_of(n)), [&](int j) {
    const long column = static_cast<long>(j) * NR;
    pack_panel_b({b.at(0, column), b.row, b.column}, k, std::min<long>(NR, n - column), out + column * k);
  });
}

// Rows of A [m, k] in blocks, each laid out once, and panels of B shared among tasks: f(share, block of A).
template <class F>
static void share_packed(long m, long k, const Matrix& a, long panels, F&& f) {
  const auto pack_rows = [&](long row, long rows) {
    float* packed_a = scratch_a.of(MC * k + VL);
    for (long pc = 0; pc < k; pc += KC) {
      pack_block_a({a.at(row, pc), a.row, a.column}, rows, std::min(KC, k - pc), packed_a + rows * pc);
    }
    return packed_a;
  };
  if (m > MC) {
    // A block with all of its k stays in the second cache, and its part of C is written once.
    const Shares shares(m, panels, std::max<long>(5 * MR, std::min(MC, 2 * MC * KC / k)), tasks_wanted());
    Pool::get().run(shares.tasks(), [&](int t) {
      const Share s = shares.of(t);
      f(s, pack_rows(s.row, s.rows));
    });
    return;
  }
  // One block, packed once. A few panels to a task: enough work to be worth handing over, little enough to share evenly.
  const float* packed_a = pack_rows(0, m);
  const long share = std::max<long>(1, std::min<long>(panels / 4, (1 << 20) / (NR * k * std::max<long>(m, 8) / 8)));
  Pool::get().run(static_cast<int>((panels + share - 1) / share), [&](int t) {
    f(Share{0, m, t * share, std::min(panels, (t + 1) * share)}, packed_a);
  });
}

// A packed B, where its product goes, and what is added.
struct Target {
  long n;
  const float* packed;
  float* c;
  const float *bias, *residual;
};

static void compute_share(const Share& s, long k, const float* packed_a, const Target& b) {
  for (long j = s.panel; j < s.panel_end; j++) {
    const long column = j * NR, at = s.row * b.n + column;
    for (long pc = 0; pc < k; pc += KC) {
      const Output out{b.c + at, b.n, pc > 0, 1, b.bias ? b.bias + column : nullptr, b.residual ? b.residual + at : nullptr};
      block_times_panel(s.rows, std::min(KC, k - pc), packed_a + s.rows * pc, b.packed + column * k + pc * NR,
                        std::min<long>(NR, b.n - column), out);
    }
  }
}

static void gemm_packed(long m, long k, const Matrix& a, const std::vector<Target>& targets) {
  if (m == 0) return;
  long panels = 0;
  for (const Target& b : targets) panels += panels_of(b.n);
  share_packed(m, k, a, panels, [&](const Share& s, const float* packed_a) {
    long before = 0;  // panels of the targets before
    for (const Target& b : targets) {
      const long from = std::max(0L, s.panel - before), to = std::min(panels_of(b.n), s.panel_end - before);
      if (from < to) compute_share({s.row, s.rows, from, to}, k, packed_a, b);
      before += panels_of(b.n);
    }
  });
}

void gemm(const Product& p) {
  const long whole = packed_size(p.n, p.k);
  // B is laid out as a whole where the third cache has room for it and C is not a small sum over many rows.
  if (p.m > MC && p.k <= p.m && p.ldc == p.n && p.scale == 1 && whole > 0 && whole <= (1 << 22)) {
    float* packed = scratch_whole.of(whole);
    pack(packed, p.b, p.n, p.k);
    return gemm_packed(p.m, p.k, p.a, {{p.n, packed, p.c, nullptr, p.accumulate ? p.c : nullptr}});
  }
  blocked(p, tasks_wanted(), [](int tasks, auto&& f) { Pool::get().run(tasks, f); });
}

// matmul(out, a, b, m, n, k, transposeA, transposeB, batch, strideA, strideB, accumulate)
static Register matmul("matmul", [](Args& args) -> napi_value {
  const long m = args.size(3), n = args.size(4), k = args.size(5), batch = args.size(8);
  const bool ta = args.flag(6), tb = args.flag(7), accumulate = args.flag(11);
  const long stride_a = args.size(9), stride_b = args.size(10);
  if (batch == 0) return nullptr;
  float* c = args.f32(0, static_cast<double>(batch) * m * n);
  const float* a = args.f32(1, static_cast<double>(batch - 1) * stride_a + m * k);
  const float* b = args.f32(2, static_cast<double>(batch - 1) * stride_b + k * n);
  const auto product = [&](long i) {
    const Matrix left = ta ? transposed(rows_of(a + i * stride_a, m)) : rows_of(a + i * stride_a, k);
    const Matrix right = tb ? transposed(rows_of(b + i * stride_b, k)) : rows_of(b + i * stride_b, n);
    return Product{m, n, k, left, right, c + i * m * n, n, accumulate};
  };
  if (batch == 1) gemm(product(0));
  else Pool::get().run(static_cast<int>(batch), [&](int i) { gemm_serial(product(i)); });
  return nullptr;
});

// packedSize(n, k) -> numbers
static Register packed_size_of("packedSize", [](Args& a) -> napi_value {
  return a.number(static_cast<double>(packed_size(a.size(0), a.size(1))));
});

// pack(out, weight, n, k, isInOut): weight [n, k], or [k, n]
static Register pack_weight("pack", [](Args& a) -> napi_value {
  const long n = a.size(2), k = a.size(3);
  const float* weight = a.f32(1, static_cast<double>(n) * k);
  pack(a.f32(0, static_cast<double>(packed_size(n, k))), a.flag(4) ? rows_of(weight, n) : transposed(rows_of(weight, k)),
       n, k);
  return nullptr;
});

// The k of a product with a packed weight.
static long depth(Args& a, int i) {
  const long k = a.size(i);
  if (k == 0) a.fail(i, "at least 1");
  return k;
}

// linear(out, x, packed, rows, n, k, bias?, residual?)
static Register linear("linear", [](Args& a) -> napi_value {
  const long m = a.size(3), n = a.size(4), k = depth(a, 5);
  const float* x = a.f32(1, static_cast<double>(m) * k);
  gemm_packed(m, k, rows_of(x, k), {{n, a.f32(2, static_cast<double>(packed_size(n, k))),
                                     a.f32(0, static_cast<double>(m) * n), a.optional(6, static_cast<double>(n)),
                                     a.optional(7, static_cast<double>(m) * n)}});
  return nullptr;
});

// linears(outs, x, packed, biases, widths, count, rows, k): several, of one x
static Register linears("linears", [](Args& a) -> napi_value {
  const long count = a.size(5), m = a.size(6), k = depth(a, 7);
  const int32_t* widths = a.ids(4, count, 1L << 31);
  std::vector<Target> targets(count);
  for (int i = 0; i < count; i++) {
    const double n = widths[i];
    targets[i] = {widths[i], a.element(2, i).f32(packed_size(widths[i], k)), a.element(0, i).f32(m * n),
                  a.element(3, i).optional(n), nullptr};
  }
  gemm_packed(m, k, rows_of(a.f32(1, static_cast<double>(m) * k), k), targets);
  return nullptr;
});

// gatedLinear(out, gate, up, x, packedGate, packedUp, rows, n, k, gateBias?, upBias?): both, and silu(gate) up
static Register gated_linear("gatedLinear", [](Args& a) -> napi_value {
  const long m = a.size(6), n = a.size(7), k = depth(a, 8);
  const double size = static_cast<double>(m) * n, packed = static_cast<double>(packed_size(n, k));
  float* out = a.f32(0, size);
  const float* x = a.f32(3, static_cast<double>(m) * k);
  const Target gate{n, a.f32(4, packed), a.f32(1, size), a.optional(9, n), nullptr};
  const Target up{n, a.f32(5, packed), a.f32(2, size), a.optional(10, n), nullptr};
  if (m == 0) return nullptr;
  share_packed(m, k, rows_of(x, k), panels_of(n), [&](const Share& s, const float* packed_a) {
    compute_share(s, k, packed_a, gate);
    compute_share(s, k, packed_a, up);
    const long column = s.panel * NR, columns = std::min(n, s.panel_end * NR) - column;
    for (long row = s.row; row < s.row + s.rows; row++) {
      const long at = row * n + column;
      along(columns, [&](long i, auto lane) {
        lane.out(out + at + i, gated(lane.in(gate.c + at + i), lane.in(up.c + at + i)));
      });
    }
  });
  return nullptr;
});
