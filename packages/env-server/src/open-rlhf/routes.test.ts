import { expect, test } from 'vitest';
import { post, served, shop } from '../../fixtures/shop.js';

test("OpenRLHF's remote reward is on the same server", async () => {
  const { url } = await served();
  const request = { query: ['2+2=<answer>4</answer>'], prompts: ['2+2='], labels: ['4'] };
  expect((await post(`${url}/get_reward`, request)).body).toEqual({
    rewards: [1],
    scores: [1],
    extra_logs: { 'sum/numericAnswer': [1] },
  });
  expect(await post(`${url}/get_reward`, {})).toMatchObject({ status: 422 });
});

test('without rewards, or with rewards by turns, there is nothing to ask for', async () => {
  const byTurn = { name: 'turns', turnFn: () => [1] };
  for (const rewards of [undefined, [byTurn]]) {
    const { env, dataset, name } = shop;
    const { url } = await served({}, { env, dataset, name, ...(rewards && { rewards }) });
    expect(await post(`${url}/get_reward`, { query: ['x'] })).toMatchObject({ status: 404 });
  }
});
