// The gradient of attention over packed rows, which computes the scores again (Dao et al. 2022, algorithm 4).
#include "attention.h"
#include "rows.h"
#include "scratch.h"

#include <numeric>

static thread_local Scratch scratch, partial_sums;

// Blocks of segments that are tied together by the rows they see, of one head of keys: what writes the same rows of ∂k
// and ∂v. Where that leaves few tasks a group is cut into parts that write sums of their own.
struct Task {
  std::vector<Block> blocks;
  long key_head, part;
  double cost;
};

// The number of the group of each segment: segments whose rows overlap are in one.
static std::vector<long> groups_of(const std::vector<Segment>& segments) {
  struct Run {
    long start, end, segment;
  };
  std::vector<long> parent(segments.size());
  std::iota(parent.begin(), parent.end(), 0L);
  const auto root = [&](long s) {
    while (parent[s] != s) s = parent[s] = parent[parent[s]];
    return s;
  };
  std::vector<Run> runs;
  for (size_t i = 0; i < segments.size(); i++) {
    const Segment& s = segments[i];
    const long segment = static_cast<long>(i);
    if (s.prefix_length > 0) runs.push_back({s.prefix, s.prefix + s.prefix_length, segment});
    if (s.length > 0) runs.push_back({s.start, s.start + s.length, segment});
  }
  std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.start < b.start; });
  for (size_t i = 1; i < runs.size(); i++) {
    Run &before = runs[i - 1], &run = runs[i];
    if (run.start >= before.end) continue;
    parent[root(run.segment)] = root(before.segment);
    run.end = std::max(run.end, before.end);
  }
  for (size_t s = 0; s < parent.size(); s++) parent[s] = root(static_cast<long>(s));
  return parent;
}

static std::vector<Task> tasks_of(const Attention& x) {
  constexpr double kTasks = 8;
  const std::vector<long> groups = groups_of(x.segments);
  std::vector<std::vector<Block>> blocks(groups.size());
  std::vector<double> costs(groups.size(), 0);
  for (size_t s = 0; s < groups.size(); s++) {
    for (const Block& b : x.blocks_of(x.segments[s])) {
      blocks[groups[s]].push_back(b);
      costs[groups[s]] += b.cost();
    }
  }
  const double total = std::accumulate(costs.begin(), costs.end(), 0.0);
  std::vector<Task> tasks;
  for (size_t g = 0; g < groups.size(); g++) {
    if (blocks[g].empty()) continue;
    const long parts = std::max<long>(1, static_cast<long>(kTasks * costs[g] / total / x.key_heads + 0.5));
    for (long head = 0; head < x.key_heads; head++) {
      double done = 0;
      size_t next = 0;
      for (long part = 0; part < parts && next < blocks[g].size(); part++) {
        Task task{{}, head, part, 0};
        while (next < blocks[g].size() && (part == parts - 1 || done < costs[g] * (part + 1) / parts)) {
          task.cost += blocks[g][next].cost();
          done += blocks[g][next].cost();
          task.blocks.push_back(blocks[g][next++]);
        }
        tasks.push_back(std::move(task));
      }
    }
  }
  // The longest first, so that threads end together.
  std::stable_sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) { return a.cost > b.cost; });
  return tasks;
}

// A row of scores s and of ∂p becomes p = e^(s − logSum) and ∂s = p (∂p − delta) scale, times 1 − (s / cap)² with a cap.
static void gradient_row(float* s, float* dp, long keys, Attention::Sight seen, float log_sum, float delta,
                         const Attention& x) {
  along(seen.end - seen.begin, [&](long i, auto lane) {
    float *at = s + seen.begin + i, *d = dp + seen.begin + i;
    vf score = lane.in(at), slope = splat(x.scale);
    if (x.softcap > 0) {
      const vf t = tanh(score / x.softcap);
      score = x.softcap * t;
      slope = slope * (1.f - t * t);
    }
    const vf p = exp(score - log_sum);
    const vf ds = p * (lane.in(d) - delta) * slope;
    lane.out(at, p);
    lane.out(d, ds);
  });
  for (float* row : {s, dp}) {
    std::fill(row, row + seen.begin, 0.f);
    std::fill(row + seen.end, row + keys, 0.f);
  }
}

// segmentAttentionGradient(dq, dk, dv, dy, y, logSums, q, k, v, and as segmentAttention): ∂v = pᵀ ∂y, ∂p = ∂y vᵀ,
// ∂s = p (∂p − Σ ∂y y), ∂q = scale ∂s k, ∂k = scale ∂sᵀ q; those of keys and values sum over all that see them.
static Register segment_attention_gradient("segmentAttentionGradient", [](Args& a) -> napi_value {
  const Attention x = Attention::from(a, 6);
  const long q_size = x.rows * x.q_width(), k_size = x.rows * x.k_width();
  float *dq = a.f32(0, q_size), *dk = a.f32(1, k_size), *dv = a.f32(2, k_size);
  const float *dy = a.f32(3, q_size), *y = a.f32(4, q_size), *log_sums = a.f32(5, x.rows * x.heads);
  const std::vector<Task> tasks = tasks_of(x);
  long parts = 1, covered = 0;
  double cost = 0;
  for (const Task& task : tasks) {
    parts = std::max(parts, task.part + 1);
    cost += task.cost * x.repeats() / x.heads;
  }
  for (const Segment& s : x.segments) covered += s.length;
  if (covered < x.rows) std::fill(dq, dq + q_size, 0.f);
  // The sums of part p > 0, laid out as dk and dv.
  float* sums = parts > 1 ? partial_sums.of((parts - 1) * 2 * k_size) : nullptr;
  const auto dk_of = [&](long part) { return part == 0 ? dk : sums + (part - 1) * 2 * k_size; };
  const auto dv_of = [&](long part) { return part == 0 ? dv : sums + (part - 1) * 2 * k_size + k_size; };
  share_chunks(x.rows, x.k_width(), [&](long, long first, long last) {
    for (long part = 0; part < parts; part++) {
      for (float* all : {dk_of(part), dv_of(part)}) {
        std::fill(all + first * x.k_width(), all + last * x.k_width(), 0.f);
      }
    }
  });

  share_attention(x, cost, static_cast<int>(tasks.size()), [&](int t) {
    const Task& task = tasks[t];
    float *to_k = dk_of(task.part) + task.key_head * x.size, *to_v = dv_of(task.part) + task.key_head * x.size;
    for (const Block& b : task.blocks) {
      for (long r = 0; r < x.repeats(); r++) {
        const long head = task.key_head * x.repeats() + r;
        float *s = scratch.of(2 * b.queries * b.keys), *dp = s + b.queries * b.keys;
        const Matrix query = x.queries(x.q, b, head), flow = x.queries(dy, b, head), value = x.queries(y, b, head);
        x.scores(b, head, s);
        b.over_keys([&](long row, long count, long offset) {
          const Matrix values = transposed(x.keys(x.v, row, task.key_head));
          gemm_serial({b.queries, count, x.size, flow, values, dp + offset, b.keys, false, 1, Triangle::result,
                       b.diagonal(offset)});
        });
        for (long i = 0; i < b.queries; i++) {
          vf dot{};
          along(x.size, [&](long d, auto lane) { dot += lane.in(flow.at(i, d)) * lane.in(value.at(i, d)); });
          const float log_sum = log_sums[(b.row() + i) * x.heads + head];
          gradient_row(s + i * b.keys, dp + i * b.keys, b.keys, x.sight(b, i), log_sum, sum(dot), x);
        }
        b.over_keys([&](long row, long count, long offset) {
          const Matrix p = rows_of(s + offset, b.keys), ds = rows_of(dp + offset, b.keys);
          const Matrix key = x.keys(x.k, row, task.key_head);
          float* out = dq + b.row() * x.q_width() + head * x.size;
          const long width = x.k_width(), diagonal = b.diagonal(offset);
          gemm_serial({b.queries, x.size, count, ds, key, out, x.q_width(), offset > 0, 1, Triangle::left, diagonal});
          gemm_serial({count, x.size, b.queries, transposed(p), flow, to_v + row * width, width, true, 1,
                       Triangle::transposed, diagonal});
          gemm_serial({count, x.size, b.queries, transposed(ds), query, to_k + row * width, width, true, 1,
                       Triangle::transposed, diagonal});
        });
      }
    }
  });

  if (parts == 1) return nullptr;
  share_chunks(x.rows, x.k_width(), [&](long, long first, long last) {
    const long at = first * x.k_width(), count = (last - first) * x.k_width();
    for (long part = 1; part < parts; part++) {
      for (auto [to, from] : {std::pair(dk, dk_of(part)), std::pair(dv, dv_of(part))}) {
        float* sum = to + at;
        const float* more = from + at;
        along(count, [&](long i, auto lane) { lane.out(sum + i, lane.in(sum + i) + lane.in(more + i)); });
      }
    }
  });
  return nullptr;
});
