import { expect, test } from 'vitest';
import { post, served, shop } from '../../fixtures/shop.js';
import { nemoGymRows } from './rows.js';

const said = (text: string) => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [] }],
});

async function seeded(url: string, row: unknown) {
  const response = await fetch(`${url}/seed_session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(row),
  });
  expect(response.status).toBe(200);
  return { cookie: (response.headers.get('set-cookie') ?? '').split(';', 1)[0] };
}

test('a row is played: seeded, a tool called, verified, and verified again without a second episode', async () => {
  const { url, reports, stats } = await served();
  const [, row] = await nemoGymRows(shop);
  expect(row).toMatchObject({
    task: 'shop:1',
    responses_create_params: {
      input: [{ role: 'user', content: 'Price of jam?' }],
      tools: [{ type: 'function', name: 'price' }],
    },
  });
  const headers = await seeded(url, row);
  expect((await post(`${url}/price`, { item: 'jam' }, headers)).body).toEqual({ output: '3' });
  const body = { ...row, response: { id: 'r', output: [said('<answer>3</answer>')] } };
  const first = await post(`${url}/verify`, body, headers);
  expect(first.body).toEqual({ ...body, reward: 1, reward_components: { numericAnswer: 1 } });
  expect(await post(`${url}/verify`, body, headers)).toEqual(first);
  expect(reports).toMatchObject([{ task: 'shop:1', ending: 'finished', steps: 2 }]);
  expect(stats().sessions.active).toBe(0);
  expect(await post(`${url}/price`, { item: 'jam' }, headers)).toMatchObject({ status: 404 });
});

test('sessions are kept apart by their cookies', async () => {
  const { url, reports } = await served();
  const rows = await nemoGymRows(shop);
  const sessions = await Promise.all(rows.map((row) => seeded(url, row)));
  const verified = await Promise.all(
    rows.map((row, i) =>
      post(
        `${url}/verify`,
        { ...row, response: { output: [said('<answer>3</answer>')] } },
        sessions[i],
      ),
    ),
  );
  expect(verified.map(({ body }) => body.reward)).toEqual([0, 1]);
  expect(reports).toHaveLength(2);
});

test('an episode without a session is verified by its messages', async () => {
  const { url, reports } = await served();
  const [row] = await nemoGymRows(shop);
  const output = [
    { type: 'reasoning', summary: [] },
    { type: 'function_call', call_id: 'c', name: 'price', arguments: '{"item":"tea"}' },
    { type: 'function_call_output', call_id: 'c', output: '2' },
    said('<answer>2</answer>'),
  ];
  const { body } = await post(`${url}/verify`, { ...row, response: { output } });
  expect(body.reward).toBe(1);
  expect(reports).toEqual([]);
});

test('the small routes', async () => {
  const { url } = await served();
  expect(await (await fetch(`${url}/reverify_mode`)).json()).toBe('unsupported');
  const responses = { verify_responses: [{ reward: 1 }, { reward: 0 }] };
  const { body } = await post(`${url}/aggregate_metrics`, responses);
  expect(body.agent_metrics).toEqual({ 'mean/reward': 0.5 });
});

test.each([
  ['/seed_session', {}, 422],
  ['/seed_session', { task: 'nowhere' }, 500],
  ['/price', { item: 'tea' }, 404],
  ['/verify', { task: 'shop:0' }, 422],
])('%s with %j is answered with %i', async (path, body, status) => {
  const { url, stats } = await served();
  expect(await post(url + path, body)).toMatchObject({ status });
  expect(stats().sessions.active).toBe(0);
});
