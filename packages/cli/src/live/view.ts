import type { AnyReward } from '@grpo/rewards';
import type { Collected, MetricsRecord } from '@grpo/trainer';

/** What a person asks a run for while it trains. */
export interface RunControl {
  readonly stop: () => void;
  readonly save: () => void;
}

/** Shows a run while it trains. */
export interface View {
  readonly onAdvantages: (collected: Collected, rewards: readonly AnyReward[]) => void;
  readonly onStep: (record: MetricsRecord) => void;
  readonly note: (message: string) => void;
  /** Settles when the next step may begin. */
  readonly gate: () => Promise<void>;
  readonly close: () => void;
}
