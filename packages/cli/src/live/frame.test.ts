import pc from 'picocolors';
import { expect, it } from 'vitest';
import { frame, type LiveState } from './frame.js';

const plain = pc.createColors(false);
const state: LiveState = {
  title: 'runs/run-1  wasm',
  records: [
    { step: 1, reward: 0, 'time/step': 2 },
    { step: 2, reward: 1, 'time/step': 2, 'time/rollout': 1.5, 'time/optimise': 0.5 },
  ],
  maxSteps: 4,
  secondsLeft: 4,
  status: 'running',
  samples: [
    {
      messages: [
        { role: 'user', content: '3+8' },
        { role: 'assistant', content: '1\u001b[2J1' },
      ],
      rewards: { exactAnswer: 1, other: null },
      reward: 1,
    },
  ],
  shown: 3,
  notes: ['Saved.'],
};

it('a frame shows progress, curves, where the time went, a sample with its rewards, and the keys', () => {
  expect(frame(state, 80, plain)).toEqual([
    'grpo  runs/run-1  wasm  running',
    '████████████░░░░░░░░░░░░ 2/4  0:04 left',
    'reward   1        ▁█',
    'step     2 s  rollout 75 %  optimise 25 %',
    'sample 1 of 1  reward 1 (exactAnswer 1, other none)',
    '  user: 3+8',
    '  assistant: 1\uFFFD[2J1',
    'Saved.',
    'p pause   s save   n next sample   q quit',
  ]);
});

it('before the first step there is no curve and no sample', () => {
  const lines = frame({ ...state, records: [], samples: [], notes: [] }, 80, plain);
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain('the first step is under way');
});

it('no line is wider than the terminal', () => {
  for (const line of frame(state, 20, plain)) expect([...line].length).toBeLessThanOrEqual(20);
});
