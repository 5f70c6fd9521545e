/**
 * One question, one answer: tasks with exact answers, judged by a reward function.
 *
 *   npm run environment -- src/environments/single-turn.ts
 */
import { singleTurn, stringTasks } from '@grpo/envs';
import { exactAnswer, scoreEpisodes } from '@grpo/rewards';
import { play } from './play.js';

const { tasks } = stringTasks({ seed: 42, count: 4, length: 4 });
const env = singleTurn();

const episodes = [];
for (const task of tasks) {
  console.log(`Task ${task.id}, ${task.row.kind}:`);
  // It knows one trick: to turn words around.
  const reverse = (text: string) => [...text.slice(text.indexOf(': ') + 2)].reverse().join('');
  const player = ([{ content }]: readonly { content: string }[]) =>
    `<answer>${reverse(content)}</answer>`;
  episodes.push(await play(env(task), task, player));
}
const { values } = await scoreEpisodes([exactAnswer()], episodes);
console.log('Rewards:', values.flat().join(' '));
