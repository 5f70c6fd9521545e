import { expect, test } from 'vitest';
import { post, served, shop } from '../../fixtures/shop.js';

const asked = [{ role: 'user', content: 'Price of jam?' }];
const answer = (content: string) => [...asked, { role: 'assistant', content }];

test('episodes without a session are scored by their messages', async () => {
  const { url, reports } = await served();
  const episodes = ['<answer>3</answer>', '<answer>2</answer>'].map((text) => ({
    task: 'shop:1',
    messages: answer(text),
    completion_tokens: 4,
  }));
  expect((await post(`${url}/rewards`, { episodes })).body).toEqual({
    rewards: { numericAnswer: [1, 0] },
    failures: [],
  });
  expect(reports).toEqual([]); // they were played elsewhere
});

test('the episode of a session ends with the last message, and earns the same when asked again', async () => {
  const { url, reports } = await served();
  const create = { jsonrpc: '2.0', id: 1, method: 'openenv/session/create' };
  const { session_id } = (await post(`${url}/mcp`, create)).body.result;
  await post(`${url}/reset`, { session_id, task: 'shop:1' });
  const action = { type: 'call_tool', tool_name: 'price', arguments: { item: 'jam' } };
  await post(`${url}/step`, { session_id, action });
  const episode = { session_id, task: 'shop:1', messages: answer('<answer>3</answer>') };
  const [first, again] = await Promise.all([
    post(`${url}/rewards`, { episodes: [episode] }),
    post(`${url}/rewards`, { episodes: [episode] }),
  ]);
  expect(first.body).toEqual({ rewards: { numericAnswer: [1] }, failures: [] });
  expect(again).toEqual(first);
  expect(reports).toMatchObject([{ ending: 'finished', steps: 2, reward: 1 }]);
  const roles = reports[0].messages.map(({ role }) => role);
  expect(roles.slice(-3)).toEqual(['assistant', 'tool', 'assistant']);
});

test('an episode that the trainer cut short is scored as it stands', async () => {
  const { url, reports } = await served();
  const create = { jsonrpc: '2.0', id: 1, method: 'openenv/session/create' };
  const { session_id } = (await post(`${url}/mcp`, create)).body.result;
  await post(`${url}/reset`, { session_id, task: 'shop:1' });
  const call = { function: { name: 'price', arguments: { item: 'jam' } } };
  const messages = [...asked, { role: 'assistant', content: null, tool_calls: [call] }];
  const { body } = await post(`${url}/rewards`, {
    episodes: [{ session_id, task: 'shop:1', messages }],
  });
  expect(body).toEqual({ rewards: { numericAnswer: [0] }, failures: [] });
  expect(reports).toMatchObject([{ ending: 'finished', steps: 0 }]);
});

test('what fails is null with its reason, and the others keep their numbers', async () => {
  const odd = {
    name: 'odd',
    fn: ({ completion }: { readonly completion: string }) => {
      if (completion === 'bad') throw new Error('no model');
      return 1;
    },
  };
  const { url } = await served({}, { ...shop, rewards: [odd] });
  const episodes = [
    { task: 'shop:0', messages: answer('bad') },
    { task: 'shop:0', messages: answer('good') },
    { task: 'shop:7', messages: answer('good') },
    { task: 'shop:0', session_id: 'gone', messages: answer('good') },
  ];
  const { body } = await post(`${url}/rewards`, { episodes });
  expect(body.rewards).toEqual({ odd: [null, 1, null, null] });
  expect(body.failures.map(({ episode }: { episode: number }) => episode)).toEqual([0, 2, 3]);
  expect(body.failures[2].reason).toContain('Unknown session_id: gone');
});

test.each([{}, { episodes: [{ task: 'x' }] }, { episodes: [{ task: 0, messages: [] }] }])(
  '%j is refused',
  async (body) => {
    const { url } = await served();
    expect(await post(`${url}/rewards`, body)).toMatchObject({ status: 422 });
  },
);
