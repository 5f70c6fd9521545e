import { describe, expect, it } from 'vitest';
import {
  baselines,
  clipAdvantages,
  estimators,
  groupRelative,
  reinforce,
  scalings,
  whiten,
} from './index.js';
import { baselineChecks, type ConformanceCheck, estimatorChecks } from './testing.js';

const outsideTheGroup = ['none', 'global-mean', 'moving-average', 'greedy-rollout', 'learned'];
const absolute = ['reinforce', 'reinforce++', 'remax'];
const run = (checks: readonly ConformanceCheck[]) =>
  it.each(checks.map((check) => [check.name, check.run] as const))('%s', (_, check) => check());

describe.each(baselines.names())('baseline %s', (name) => {
  run(
    baselineChecks(() => baselines.create(name), {
      isGroupRelative: !outsideTheGroup.includes(name),
    }),
  );
});

describe.each(scalings.names())('scaling %s', (name) => {
  run(estimatorChecks(() => groupRelative({ scaling: name })));
});

describe.each(estimators.names())('estimator %s', (name) => {
  run(
    estimatorChecks(() => estimators.create(name), { isGroupRelative: !absolute.includes(name) }),
  );
});

describe('wrappers', () => {
  run(estimatorChecks(() => clipAdvantages(groupRelative())));
  run(estimatorChecks(() => whiten(reinforce()), { isGroupRelative: false }));
});

describe('the conformance suite', () => {
  it('notices an estimator that breaks any of its properties', () => {
    const good = groupRelative({ scaling: 'none' });
    const broken = {
      'one finite': () => ({ advantages: new Float64Array(12).fill(Number.NaN), metrics: {} }),
      'without a score': (batch: Parameters<typeof good>[0]) => ({
        ...good(batch),
        advantages: good(batch).advantages.map((A) => A + 1),
      }),
      'by their ids': (batch: Parameters<typeof good>[0]) =>
        good({ ...batch, groupIds: batch.groupIds.map((_, i) => i >> 2) }),
      'does not write': (batch: Parameters<typeof good>[0]) => {
        (batch.rewards as number[][])[0][0] = 5;
        return good(batch);
      },
      'empty batch': () => good({ rewards: [[1]], groupIds: [1] }),
      'do not fit': (batch: Parameters<typeof good>[0]) =>
        good({ ...batch, groupIds: batch.rewards.map(() => 'a') }),
      'equal scores': (batch: Parameters<typeof good>[0]) => reinforce()(batch),
    };
    for (const [name, estimator] of Object.entries(broken)) {
      const check = estimatorChecks(() => estimator).find((one) => one.name.includes(name));
      expect(check, name).toBeDefined();
      expect(() => check?.run(), name).toThrow();
    }
  });
});
