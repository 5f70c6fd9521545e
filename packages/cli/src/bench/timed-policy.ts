import type {
  HostWeight,
  HostWeights,
  LogProbLoss,
  TrainablePolicy,
  WeightSource,
} from '@grpo/policy';
import type { Stopwatch } from './stopwatch.js';

/** A policy whose passes are timed: `forward` up to the loss, `loss`, `backward` from there on, `optimizer`. */
export function timedPolicy(policy: TrainablePolicy, watch: Stopwatch): TrainablePolicy {
  return {
    forwardBackward: async (batch, loss, request) => {
      let end = watch.start('forward');
      const timedLoss: LogProbLoss = (logProbs, statistics) => {
        end();
        end = watch.start('loss');
        const result = loss(logProbs, statistics);
        end();
        end = watch.start('backward');
        return result;
      };
      try {
        return await policy.forwardBackward(batch, timedLoss, request);
      } finally {
        end();
      }
    },
    optimStep: (options) => watch.time('optimizer', () => policy.optimStep(options)),
    logProbs: (batch) => policy.logProbs(batch),
    discardGradients: () => policy.discardGradients(),
    save: (folder, options) => policy.save(folder, options),
    load: (folder) => policy.load(folder),
    sampler: () => policy.sampler(),
  };
}

/** The same weights; reading them, as an engine must after each step, is timed as `synchronisation`. */
export function timedSource(source: WeightSource, watch: Stopwatch): WeightSource {
  const entries = new WeakMap<HostWeight, HostWeight>();
  const wholes = new WeakMap<HostWeights, HostWeights>();
  const timed = (entry: HostWeight): HostWeight => {
    const known = entries.get(entry);
    if (known) return known;
    const read = () => {
      const end = watch.start('synchronisation');
      try {
        return entry.read();
      } finally {
        end();
      }
    };
    const made = { ...entry, read };
    entries.set(entry, made);
    return made;
  };
  return {
    config: source.config,
    ...(source.hasFastSampler && { hasFastSampler: true }),
    hostWeights: () => {
      const now = source.hostWeights();
      const known = wholes.get(now);
      if (known) return known;
      const tensors = new Map([...now.tensors].map(([name, entry]) => [name, timed(entry)]));
      const whole = { ...now, tensors };
      wholes.set(now, whole);
      return whole;
    },
  };
}
