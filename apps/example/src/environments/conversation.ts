/**
 * A conversation with a user whom a chat model plays, with a persona and a goal from the dataset.
 *
 *   npm run environment -- src/environments/conversation.ts
 */
import { conversationEnv, datasetFromRows, simulatedUser } from '@grpo/envs';
import type { ChatModel } from '@grpo/rewards';
import { play } from './play.js';

const { tasks } = datasetFromRows(
  [
    {
      messages: [
        { role: 'system', content: 'You take orders for a tea house. Ask what you need to know.' },
      ],
      persona: 'A polite person of few words.',
      goal: 'Two cups of green tea, to take away.',
    },
  ],
  { name: 'tea-house' },
);

/** In place of an endpoint: it gives away what it is asked for. A real one comes from an adapter of @grpo/rewards. */
const chatModel: ChatModel = async (messages) => {
  const asked = messages.at(-1)?.content ?? '';
  if (asked.includes('begins')) return { text: 'Good morning. Green tea, please.' };
  if (asked.includes('How many')) return { text: 'Two cups.' };
  if (asked.includes('here or')) return { text: 'To take away.' };
  return { text: 'Thank you! [DONE]' };
};

const env = conversationEnv({ user: simulatedUser(chatModel), maxTurns: 5 });
const questions = [
  'How many cups?',
  'To drink here or to take away?',
  'Two green teas to go, coming.',
];
for (const task of tasks) await play(env(task), task, (_, turn) => questions[turn] ?? 'Sorry?');
