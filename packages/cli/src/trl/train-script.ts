import type { LoraOptions } from '@grpo/policy';
import type { TrlSettings, TrlValue } from './trl-config.js';

/** What a script trains, and on what. */
export interface ScriptParts {
  readonly settings: TrlSettings;
  /** The model's folder or name, as the script finds it. */
  readonly model: string;
  readonly rewards: readonly { readonly name: string; readonly weight: number }[];
  readonly hasEnvironment: boolean;
  readonly hasEvaluation: boolean;
}

/** Writes the script that trains with TRL, for `accelerate launch`. */
export function trainScript(parts: ScriptParts): string {
  const { settings, model, rewards, hasEnvironment, hasEvaluation } = parts;
  const { lora } = settings;
  const fields = Object.entries({
    ...settings.fields,
    reward_weights: rewards.map(({ weight }) => weight),
  });
  return `"""Trains with TRL on rewards${hasEnvironment ? ' and an environment' : ''} in TypeScript. Written by \`grpo export-trl\`."""

import json
import os
from pathlib import Path

from datasets import Dataset
from grpo_client import reward_funcs
${hasEnvironment ? 'from grpo_environment import GrpoEnvironment\n' : ''}${lora ? 'from peft import LoraConfig\n' : ''}from trl import GRPOConfig, GRPOTrainer

FOLDER = Path(__file__).resolve().parent
MODEL = os.environ.get("GRPO_MODEL", ${python(model)})
WORLD_SIZE = int(os.environ.get("WORLD_SIZE", "1"))
SEQUENCES = ${settings.sequencesPerPass}  # of one pass forward and backward, on all processes together


def rows(name):
    return Dataset.from_list([json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()])


def main():
    if SEQUENCES % WORLD_SIZE != 0:
        raise SystemExit(f"{SEQUENCES} sequences cannot be dealt to {WORLD_SIZE} processes. Take a divisor.")
    config = GRPOConfig(
        output_dir=os.environ.get("GRPO_OUTPUT", str(FOLDER / "output")),
        per_device_train_batch_size=SEQUENCES // WORLD_SIZE,
        report_to="none",
${fields.map(([name, value]) => `        ${name}=${python(value)},`).join('\n')}
    )
    local = FOLDER / MODEL
    trainer = GRPOTrainer(
        model=str(local) if local.is_dir() else MODEL,
        reward_funcs=reward_funcs(${python(rewards.map(({ name }) => name))}),
        args=config,
        train_dataset=rows("train.jsonl"),
${lora ? `        peft_config=${loraConfig(lora)},\n` : ''}${hasEvaluation ? '        eval_dataset=rows("eval.jsonl"),\n' : ''}${hasEnvironment ? '        environment_factory=GrpoEnvironment,\n' : ''}    )
    trainer.train()
    trainer.save_model()


if __name__ == "__main__":
    main()
`;
}

function loraConfig({ rank, alpha, dropout = 0, targetModules, useRslora }: LoraOptions): string {
  const targets = targetModules === 'all-linear' ? '"all-linear"' : python(targetModules);
  const more = useRslora ? ', use_rslora=True' : '';
  return `LoraConfig(task_type="CAUSAL_LM", r=${rank}, lora_alpha=${alpha}, lora_dropout=${dropout}, target_modules=${targets}${more})`;
}

function python(value: TrlValue | readonly (number | string)[]): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value); // numbers, texts, lists and plain objects are written the same
}
