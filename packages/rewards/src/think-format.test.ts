import { expect, test } from 'vitest';
import { thinkFormat } from './think-format.js';
import type { Episode } from './types.js';

const episode = (completion: string): Episode => ({
  messages: [],
  completion,
  row: {},
  environmentReward: 0,
  end: 'terminated',
});

/** The expression of TRL's think_format_reward; `s` and `m` are DOTALL and MULTILINE, re.match anchors. */
const PEER = /^<think>(?!.*<think>)(.*?)<\/think>.*$/s;

test.each([
  ['<think>Let me see.\nYes.</think>\n85', 1],
  ['<think></think>', 1],
  ['<think>a</think>b</think>', 1],
  ['Let me see. <think>a</think>85', 0],
  ['\n<think>a</think>85', 0],
  ['<think>a85', 0],
  ['a</think>85', 0],
  ['<think>a<think>b</think>85', 0],
  ['<think>a</think>85<think>', 0],
  ['</think><think>', 0],
  ['<thinking>a</thinking>', 0],
  ['', 0],
])('%j is worth %s, as in the peer', (completion, reward) => {
  expect(thinkFormat().fn(episode(completion))).toBe(reward);
  expect(PEER.test(completion) ? 1 : 0).toBe(reward);
});
