/** Metrics that belong together, under one heading. */
export interface MetricGroup {
  readonly title: string;
  readonly metrics: readonly string[];
  /** Shown from the start; the others open on demand. */
  readonly isOpen: boolean;
}

interface Rule {
  readonly title: string;
  readonly pattern: RegExp;
  readonly isOpen: boolean;
  /** Those that come first, in this order. */
  readonly first?: readonly string[];
}

/** The first that fits takes a metric. */
const RULES: readonly Rule[] = [
  {
    title: 'Evaluation',
    pattern: /^eval\//,
    isOpen: true,
    first: ['eval/reward', 'eval/greedy_pass'],
  },
  {
    title: 'Reward',
    pattern: /^(?:reward|rewards\/.*|reward_std|frac_reward_zero_std|advantage\/.*|pass_at_k)$/,
    isOpen: true,
    first: ['reward', 'reward_std', 'frac_reward_zero_std'],
  },
  {
    title: 'Policy',
    pattern:
      /^(?:kl|entropy|loss|policy_loss|grad_norm|learning_rate|entropy_coef|.*clip_.*|ratio\/.*|optimizer\/.*)$/,
    isOpen: true,
    first: ['kl', 'entropy', 'clip_ratio/region_mean', 'grad_norm', 'loss', 'learning_rate'],
  },
  {
    title: 'Length',
    pattern: /^(?:completions\/.*|num_tokens|stop\/.*)$/,
    isOpen: true,
    first: ['completions/mean_length', 'completions/clipped_ratio'],
  },
  {
    title: 'Throughput',
    pattern: /^time\//,
    isOpen: true,
    first: ['time/tokens_per_second', 'time/step'],
  },
  { title: 'Failures', pattern: /^(?:failures\/|rollouts\/)/, isOpen: false },
  { title: 'Memory', pattern: /^memory\//, isOpen: false },
  { title: 'Other', pattern: /^/, isOpen: false },
];

/** What tells at a glance how a run is doing. */
const OVERVIEW = [
  'reward',
  'eval/reward',
  'kl',
  'entropy',
  'completions/mean_length',
  'frac_reward_zero_std',
  'grad_norm',
  'time/tokens_per_second',
];
const ORDER = [
  'Overview',
  'Reward',
  'Evaluation',
  'Policy',
  'Length',
  'Throughput',
  'Failures',
  'Memory',
];

/**
 * Sorts metrics into groups, each into one; groups without any are left out.
 *
 * @param part leaves the metrics whose names hold it, each in its own kind
 */
export function groupMetrics(names: readonly string[], part = ''): MetricGroup[] {
  const first = part.trim() === '' ? OVERVIEW.filter((name) => names.includes(name)) : [];
  const wanted = names
    .filter((name) => name.toLowerCase().includes(part.trim().toLowerCase()))
    .filter((name) => !first.includes(name));
  const groups = RULES.map((rule) => {
    const own = wanted.filter((name) => RULES.find((r) => r.pattern.test(name)) === rule);
    const place = (name: string) => {
      const at = rule.first?.indexOf(name) ?? -1;
      return at < 0 ? Number.MAX_SAFE_INTEGER : at;
    };
    const metrics = [...own].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
    return { title: rule.title, metrics, isOpen: rule.isOpen || part.trim() !== '' };
  });
  const rank = (title: string) => (ORDER.includes(title) ? ORDER.indexOf(title) : ORDER.length);
  return [{ title: 'Overview', metrics: first, isOpen: true }, ...groups]
    .filter(({ metrics }) => metrics.length > 0)
    .sort((a, b) => rank(a.title) - rank(b.title));
}

const NOTES: Readonly<Record<string, string>> = {
  reward: 'mean score of the step',
  reward_std: 'standard deviation of the scores',
  frac_reward_zero_std: 'share without spread in their group: nothing to learn from',
  kl: 'to the reference, nats per token',
  entropy: 'nats per token',
  loss: 'whole loss',
  policy_loss: 'loss without the entropy bonus',
  grad_norm: 'before clipping',
  'clip_ratio/region_mean': 'share outside the trust region',
  'clip_ratio/low_mean': 'share below the lower bound',
  'clip_ratio/high_mean': 'share above the upper bound',
  'ratio/mean': 'importance ratio',
  'completions/mean_length': 'tokens',
  'completions/min_length': 'tokens',
  'completions/max_length': 'tokens',
  'completions/clipped_ratio': 'share cut off by a length limit',
  num_tokens: 'tokens of the model so far',
  'time/step': 'seconds',
  'time/tokens_per_second': 'tokens of the model per second',
  'memory/rss_mib': 'MiB',
  'eval/reward': 'most probable answers to held-out tasks',
  'eval/greedy_pass': 'share of held-out tasks passed',
  'failures/share': 'share of episodes with a failure',
};

/** What a metric is and its unit, in a few words; empty where the name says it. */
export function metricNote(name: string): string {
  const own = NOTES[name];
  if (own !== undefined) return own;
  if (name.startsWith('time/')) return 'seconds';
  if (name.startsWith('stop/')) return 'share of episodes that ended so';
  if (/^(?:eval\/)?rewards\/.*\/mean$/.test(name)) return 'mean over the episodes that have it';
  return '';
}
