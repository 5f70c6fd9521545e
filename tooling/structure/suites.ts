/** One test file that stands in for a test file beside each of several sources. */
export interface Suite {
  readonly test: string;
  /** Files, and folders with `/` at the end: those of their sources that have no test of their own. */
  readonly covers: readonly string[];
  /** Scripts that it reaches through a browser instead of an import. */
  readonly opens?: readonly string[];
  /** Why one suite says more than a test file each. */
  readonly why: string;
}

export const suites: readonly Suite[] = [
  {
    test: 'packages/tensor/src/conformance.test.ts',
    covers: [
      'packages/tensor/src/attention.ts',
      'packages/tensor/src/gather-rows.ts',
      'packages/tensor/src/gelu.ts',
      'packages/tensor/src/known-linear.ts',
      'packages/tensor/src/layer-norm.ts',
      'packages/tensor/src/memory.ts',
      'packages/tensor/src/ops.ts',
      'packages/tensor/src/pick-log-probs.ts',
      'packages/tensor/src/rms-norm.ts',
      'packages/tensor/src/rotary.ts',
      'packages/tensor/src/soft-cap.ts',
      'packages/tensor/src/stop-gradient.ts',
      'packages/tensor/src/swiglu.ts',
      'packages/tensor/src/wasm/heap.ts',
      'packages/tensor/src/wasm/register.ts',
      'packages/tensor/src/wasm/unsorted-segment-sum.ts',
    ],
    why: 'Every operation runs through one table: value, gradient and leaks, on each backend that loads.',
  },
  {
    test: 'packages/tensor/src/simd/fused.test.ts',
    covers: [
      'packages/tensor/src/known-gated-linear.ts',
      'packages/tensor/src/segment-attention.ts',
      'packages/tensor/src/simd/fused-activations.ts',
      'packages/tensor/src/simd/fused-adamw.ts',
      'packages/tensor/src/simd/fused-attention.ts',
      'packages/tensor/src/simd/fused-cross-entropy.ts',
      'packages/tensor/src/simd/fused-gated.ts',
      'packages/tensor/src/simd/fused-norms.ts',
      'packages/tensor/src/simd/fused-rotary.ts',
      'packages/tensor/src/simd/fused-rows.ts',
    ],
    why: 'Fused operations are right where they equal the composed ones: values and gradients of both, side by side.',
  },
  {
    test: 'packages/tensor/src/token-statistics.test.ts',
    covers: ['packages/tensor/src/cross-entropy.ts', 'packages/tensor/src/raw-backend.ts'],
    why: 'Cross-entropy is what statistics are made of: values and finite differences, on each backend that loads.',
  },
  {
    test: 'packages/tensor/src/simd/simd-backend.test.ts',
    covers: [
      'packages/tensor/src/simd/host-arrays.ts',
      'packages/tensor/src/simd/mat-mul.ts',
      'packages/tensor/src/simd/register.ts',
    ],
    why: 'A backend is its tensors and kernels: what they give shows where it is the one in use.',
  },
  {
    test: 'packages/tensor/src/simd/overrides.test.ts',
    covers: [
      'packages/tensor/src/simd/arrangements.ts',
      'packages/tensor/src/simd/elementwise.ts',
      'packages/tensor/src/simd/reductions.ts',
      'packages/tensor/src/simd/strides.ts',
    ],
    why: 'A kernel is right where it gives what the one in plain JavaScript gives: all of them in one table.',
  },
  {
    test: 'packages/tensor/src/wasm/batch-mat-mul.test.ts',
    covers: ['packages/tensor/src/wasm/batch-mat-mul.wasm.ts'],
    why: 'The bytes of the kernel, written by the assembler; the kernel is what can be tested.',
  },
  {
    test: 'packages/policy/src/engine/packed-attention.test.ts',
    covers: ['packages/policy/src/engine/segmented-attention.ts'],
    why: 'The same batch packed and padded, on each backend that loads: one of them has attention over segments.',
  },
  {
    test: 'packages/policy/src/model/language-model.test.ts',
    covers: [
      'packages/policy/src/engine/forward.ts',
      'packages/policy/src/engine/layout.ts',
      'packages/policy/src/engine/linear.ts',
      'packages/policy/src/model/optimizer-file.ts',
    ],
    why: 'What counts is the whole: logits as in transformers, gradients, a folder that was saved and read.',
  },
  {
    test: 'packages/policy/src/http-sampler/http-sampler.test.ts',
    covers: ['packages/policy/src/http-sampler/'],
    why: 'Requests, retries and answers mean something between a sampler and a server: a real one that listens.',
  },
  {
    test: 'packages/policy/src/sampling/sampler.test.ts',
    covers: ['packages/policy/src/sampling/'],
    why: 'What the parts of the decode loop are for shows in what it samples: rows that come, go and stay the same.',
  },
  {
    test: 'packages/policy/src/decode/simd-engine.test.ts',
    covers: ['packages/policy/src/decode/'],
    why: 'Programs, packed weights and pages are right where rows are scored as the training engine scores them.',
  },
  {
    test: 'packages/onnx/src/onnx-sampler.test.ts',
    covers: ['packages/onnx/src/graph/', 'packages/onnx/src/onnx-engine.ts'],
    why: 'A graph is right where its numbers are those of the training engine: every architecture, step by step.',
  },
  {
    test: 'packages/policy/src/engine/network.test.ts',
    covers: [
      'packages/policy/src/engine/engine-config.ts',
      'packages/policy/src/model/language-model-options.ts',
    ],
    why: 'A precision is what a whole pass computes in: losses and gradients beside those of float32.',
  },
  {
    test: 'packages/policy/src/model/model-folder.test.ts',
    covers: ['packages/policy/src/engine/weight-tensors.ts'],
    why: 'Weights go from a folder to tensors and back: what is opened must be what was saved.',
  },
  {
    test: 'packages/policy/src/lora/lora.test.ts',
    covers: ['packages/policy/src/engine/frozen-model.ts'],
    why: 'The frozen model is the one under the adapters: it must stay where training began.',
  },
  {
    test: 'packages/policy/src/lora/adapter-folder.test.ts',
    covers: ['packages/policy/src/lora/merge-adapters.ts'],
    why: 'Merged weights are right where they give the logits of the adapted model that PEFT wrote.',
  },
  {
    test: 'packages/policy/src/architectures/conformance.test.ts',
    covers: [
      'packages/policy/src/architectures/architecture.ts',
      'packages/policy/src/architectures/',
      'packages/policy/src/engine/causal-attention.ts',
      'packages/policy/src/architectures/decoder.ts',
    ],
    why: 'Every architecture runs through one table: logits, gradients, sampling and a saved folder.',
  },
  {
    test: 'packages/policy/src/chat/chat-format.test.ts',
    covers: ['packages/policy/src/chat/character-tokenizer.ts'],
    why: 'The files that one makes are what the other reads: text must come back as it went in.',
  },
  {
    test: 'packages/policy/src/architectures/config.test.ts',
    covers: ['packages/policy/src/architectures/fields.ts'],
    why: 'Reads the fields of a config.json, whose errors are tested field by field.',
  },
  {
    test: 'packages/rewards/src/code/run-code.test.ts',
    covers: ['packages/rewards/src/code/sandbox-worker.ts'],
    why: 'It runs in a thread of the sandbox, and what counts is what comes out and what cannot get out.',
  },
  {
    test: 'packages/rewards/src/score-episodes.test.ts',
    covers: [
      'packages/rewards/src/call-reward.ts',
      'packages/rewards/src/excerpt.ts',
      'packages/rewards/src/row-column.ts',
    ],
    why: 'A call that throws, hangs or returns no number shows in what the scores and failures say.',
  },
  {
    test: 'packages/trainer/src/rollout.test.ts',
    covers: ['packages/trainer/src/play-episode.ts'],
    why: 'An episode means something among others: its turn in a batch, its failures, its retries.',
  },
  {
    test: 'packages/trainer/src/config.test.ts',
    covers: ['packages/trainer/src/config-fields.ts'],
    why: 'A table of fields: what it allows shows in what a configuration is refused for.',
  },
  {
    test: 'packages/trainer/src/trainer.test.ts',
    covers: ['packages/trainer/src/callback.ts', 'packages/trainer/src/trainer-options.ts'],
    why: 'Types of what a run is given: a run that is given all of it tells whether they are right.',
  },
  {
    test: 'packages/rewards/src/conversation/gaming.test.ts',
    covers: [
      'packages/rewards/src/conversation/helpfulness.ts',
      'packages/rewards/src/conversation/judged-or-measured.ts',
      'packages/rewards/src/conversation/measures.ts',
      'packages/rewards/src/conversation/rubrics.ts',
      'packages/rewards/src/conversation/substance.ts',
    ],
    why: 'What a measure is worth shows when it is gamed: every trick against every reward, in one table.',
  },
  {
    test: 'packages/trainer/src/train.test.ts',
    covers: [
      'packages/trainer/src/evaluate.ts',
      'packages/trainer/src/score.ts',
      'packages/trainer/src/step.ts',
    ],
    why: 'A step, its scores and its evaluation mean something together: a policy that learns, records that repeat.',
  },
  {
    test: 'packages/trackers/src/testing.test.ts',
    covers: [
      'packages/trackers/src/csv.ts',
      'packages/trackers/src/tensorboard/',
      'packages/trackers/src/wandb/',
      'packages/trackers/src/mlflow/mlflow-server.ts',
    ],
    why: 'Every sink runs through one table: exact numbers, calls that come twice, runs that go back.',
  },
  {
    test: 'packages/trackers/src/track.test.ts',
    covers: ['packages/trackers/src/sink-loop.ts', 'packages/trackers/src/sink-failure.ts'],
    why: 'What a failure, a wait or an end means shows in a run that is followed.',
  },
  {
    test: 'apps/dashboard/src/server/serve-dashboard.test.ts',
    covers: ['apps/dashboard/src/server/'],
    why: 'What the server answers means something over a socket: questions, a live stream, paths that lead nowhere.',
  },
  {
    test: 'apps/dashboard/src/dashboard.browser.test.ts',
    covers: ['apps/dashboard/src/page/'],
    opens: ['apps/dashboard/src/page/main.ts'],
    why: 'A page is what a person sees and does: a real browser looks at real runs.',
  },
  {
    test: 'packages/cli/src/bin.test.ts',
    covers: [
      'packages/cli/src/assemble.ts',
      'packages/cli/src/bench/ceiling.ts',
      'packages/cli/src/bench/timed-policy.ts',
      'packages/cli/src/bench/training.ts',
      'packages/cli/src/bench/worker.ts',
      'packages/cli/src/command-error.ts',
      'packages/cli/src/commands/',
      'packages/cli/src/doctor/memory.ts',
      'packages/cli/src/live/view.ts',
      'packages/cli/src/load-experiment.ts',
      'packages/cli/src/load-module.ts',
      'packages/cli/src/main.ts',
      'packages/cli/src/model-target.ts',
      'packages/cli/src/output.ts',
      'packages/cli/src/own-manifest.ts',
      'packages/cli/src/program-dashboard.ts',
      'packages/cli/src/program-options.ts',
      'packages/cli/src/served.ts',
      'packages/cli/src/trl/train-script.ts',
      'packages/cli/src/program.ts',
      'packages/cli/src/program-options.ts',
      'packages/cli/src/start-backend.ts',
    ],
    why: 'A command is what the program does: the built one runs as a process, from a new project to an export.',
  },
  {
    test: 'packages/cli/src/bench/result.test.ts',
    covers: ['packages/cli/src/bench/chart.ts'],
    why: 'A chart shows a result: the result that is computed is the one that is drawn.',
  },
  {
    test: 'packages/cli/src/open-remote.test.ts',
    covers: ['packages/cli/src/open-local.ts', 'packages/cli/src/opened-model.ts'],
    why: 'A model is opened here or on a server, and commands do not see which: a run that is on one shows what is different.',
  },
  {
    test: 'packages/tinker/src/policy.test.ts',
    covers: ['packages/tinker/src/'],
    why: 'A policy against a stand-in server with a real model behind it runs client, protocol and server as one; replay.test.ts holds both to what a real server was recorded to say.',
  },
  {
    test: 'packages/env-server/src/trl/python-environment.test.ts',
    covers: ['packages/env-server/src/trl/python-client.ts'],
    why: 'The client is a text of Python: what counts is that Python reads it, beside the class that stands on it.',
  },
  {
    test: 'packages/env-server/src/chat/serve-chat.test.ts',
    covers: [
      'packages/env-server/src/chat/read-chat-request.ts',
      'packages/env-server/src/chat/recording.ts',
    ],
    why: 'What is recorded shows in a conversation of a client with the server: tokens, masks, and what goes on.',
  },
  {
    test: 'packages/env-server/src/nemo-gym/routes.test.ts',
    covers: ['packages/env-server/src/nemo-gym/'],
    why: 'Rows and routes are two sides of one protocol: what one writes the other plays.',
  },
  {
    test: 'packages/env-server/src/serve-env.test.ts',
    covers: [
      'packages/env-server/src/client/',
      'packages/env-server/src/http/',
      'packages/env-server/src/openenv/',
      'packages/env-server/src/session/',
    ],
    why: 'Sessions, routes and frames mean something between a client and a server: a real one that listens.',
  },
];
