/** The page in a real browser. GRPO_CHROMIUM names another one; without any, these tests are skipped and say so. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupRelative } from '@grpo/advantage';
import { singleTurn } from '@grpo/envs';
import {
  characterTokenizerFiles,
  createChatFormat,
  LanguageModel,
  llamaConfigJson,
} from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import { Trainer } from '@grpo/trainer';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Dashboard, serveDashboard } from './index.js';
import { shownNumber } from './page/format.js';
import { episodeLine, startedAt, writeRun } from './testing.js';

const executablePath = [
  process.env.GRPO_CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path));
if (executablePath === undefined)
  console.log('Skipped: the dashboard in a browser. Install chromium or set GRPO_CHROMIUM.');

const EVIL =
  '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"><b>bold</b> javascript:alert(1)';

let root = '';
let browser: Browser | undefined;
let dashboard: Dashboard;
let page: Page;
let complaints: string[] = [];

beforeAll(async () => {
  if (executablePath === undefined) return;
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(() => browser?.close());

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'grpo-dashboard-'));
  complaints = [];
});
afterEach(async () => {
  await page?.close();
  await dashboard?.close();
  rmSync(root, { recursive: true, force: true });
  // Errors of scripts, and whatever the content-security policy had to stop.
  expect(complaints).toEqual([]);
});

async function open(query = '', width = 1280): Promise<void> {
  dashboard = await serveDashboard([root], { port: 0 });
  if (!browser) throw new Error('There is no browser.');
  page = await browser.newPage({ viewport: { width, height: 900 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(`${dashboard.url}${query}`);
}

const plot = (metric: string) =>
  page.getByRole('slider', { name: `${metric} by step`, exact: true });
const valueText = (metric: string) => plot(metric).getAttribute('aria-valuetext');
/** Waits until a plot says something that fits. */
const untilTold = (metric: string, pattern: RegExp) =>
  expect.poll(() => valueText(metric), { timeout: 20_000 }).toMatch(pattern);

describe.skipIf(executablePath === undefined)('the dashboard in a browser', () => {
  test('shows a run while it trains, and its episodes in the words of its tokenizer', async () => {
    const trainer = await Trainer.start({
      parts: tinyParts(),
      config: {
        maxSteps: 4,
        promptsPerStep: 2,
        numGenerations: 2,
        maxCompletionLength: 4,
        saveSteps: 4,
      },
      folder: join(root, 'live'),
      say: () => {},
    });
    const first = await trainer.step();
    await open();
    await page.getByText('step 1 of 4').waitFor();
    await untilTold('reward', new RegExp(`^step 1: live ${shownNumber(first.reward)}$`));
    await trainer.step();
    const third = await trainer.step();
    await page.getByText('step 3 of 4').waitFor();
    await untilTold('reward', new RegExp(`^step 3: live ${shownNumber(third.reward)}$`));
    await page.getByText('running', { exact: true }).waitFor();
    await trainer.step();
    await trainer.close();
    await page.getByText('finished', { exact: true }).waitFor();

    await page.getByRole('link', { name: 'Episodes' }).click();
    await page.getByText('16 of 16 episodes').waitFor();
    await page.getByRole('listbox').getByRole('option').first().click();
    const tokens = page.getByRole('group', { name: /tokens$/ });
    await tokens.waitFor();
    expect(await tokens.textContent()).toMatch(/^<\|user\|>\d<\|assistant\|>/);
  });

  test('a dragged window, its keys and its link show the same steps in every plot', async () => {
    writeRun(join(root, 'a'), { steps: 400 });
    writeRun(join(root, 'b'), { steps: 300, shift: 0.1 });
    await open();
    await untilTold('reward', /^step 400: a \S+, b \S+$/);
    const box = await plot('reward').locator('.u-over').boundingBox();
    if (!box) throw new Error('The plot has no place.');
    const across = (share: number) => [box.x + share * box.width, box.y + 60] as const;
    await page.mouse.move(...across(0.25));
    await page.mouse.down();
    await page.mouse.move(...across(0.5), { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/from=\d+&to=\d+/);
    const query = new URL(page.url()).searchParams;
    const [from, to] = [query.get('from'), query.get('to')];
    expect(Math.abs(Number(from) - 100)).toBeLessThan(5);
    expect(Math.abs(Number(to) - 200)).toBeLessThan(5);
    for (const metric of ['reward', 'entropy']) {
      await expect.poll(() => plot(metric).getAttribute('aria-valuemin')).toBe(from);
      await expect.poll(() => plot(metric).getAttribute('aria-valuemax')).toBe(to);
    }

    await page.mouse.move(...across(0.7));
    await untilTold('entropy', /^step 1[67]\d:/);
    const step = /^step \d+/.exec((await valueText('reward')) ?? '')?.[0] ?? 'none';
    expect(await valueText('entropy')).toContain(step);
    await page.mouse.move(5, 5);

    await page.reload();
    await expect.poll(() => plot('reward').getAttribute('aria-valuemin')).toBe(from);
    await plot('reward').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    const second = /^step (\d+)/.exec((await valueText('reward')) ?? '')?.[1];
    expect(Number(second)).toBeLessThan(Number(from) + 5);
    await untilTold('reward_std', new RegExp(`^step ${second}:`));
    await page.keyboard.press('Escape');
    await expect.poll(() => new URL(page.url()).search).toBe('');

    await page.getByLabel('b', { exact: false }).and(page.locator('[data-run="b"]')).uncheck();
    await untilTold('reward', /^step \d+: a \S+$/);
    await page.getByRole('slider', { name: 'Smoothing' }).fill('0.9');
    await page.waitForURL(/smooth=0\.9/);
  });

  test('what a model wrote stays text, wherever it stands', async () => {
    const episodes = [0, 1, 2].map((member) =>
      episodeLine({
        task: EVIL,
        group: EVIL,
        stopReason: EVIL,
        advantage: member - 1,
        rewards: { [EVIL]: member },
        parts: { [`${EVIL}/${EVIL}`]: 1 },
        messages: [
          { role: 'user', content: EVIL },
          { role: 'assistant', content: `${EVIL}<tool_call>${EVIL}</tool_call><think>${EVIL}` },
        ],
        failure: { kind: 'thrown', reason: EVIL },
      }),
    );
    const alarm = { ...startedAt(1), level: 'warning', event: 'alarm', message: EVIL } as const;
    writeRun(join(root, 'run'), {
      steps: 3,
      episodes,
      events: [startedAt(0), alarm],
      config: { note: EVIL, [EVIL]: 1 },
    });
    await open('?view=episodes&episode=1');
    await page.getByRole('heading', { name: 'Conversation' }).waitFor();
    const said = await page.locator('.turn.assistant .text pre').textContent();
    expect(said).toBe(EVIL);
    await page.getByRole('button', { name: 'Side by side' }).click();
    await page.getByRole('heading', { name: '3 side by side' }).waitFor();
    expect(await page.locator('.member').count()).toBe(3);
    await page.getByRole('button', { name: 'Task over training' }).click();
    await page.getByRole('heading', { name: /^Task .* over training$/ }).waitFor();
    for (const name of ['Configuration', 'Events']) {
      await page.getByRole('link', { name }).click();
      await page.getByText(EVIL).first().waitFor();
    }
    const found = await page.evaluate(() => ({
      hacked: 'hacked' in window,
      elements: document.querySelectorAll('main img, main script, main b:not(.readout b, .part b)')
        .length,
    }));
    expect(found).toEqual({ hacked: false, elements: 0 });
  });

  test('episodes are found by filters and keys, and a link opens the same one', async () => {
    const episodes = Array.from({ length: 400 }, (_, i) =>
      episodeLine({
        step: 1 + Math.floor(i / 4),
        task: `task ${Math.floor(i / 4) % 10}`,
        rewards: { answer: i % 5 },
      }),
    );
    writeRun(join(root, 'run'), { steps: 100, episodes });
    await open('?view=episodes');
    await page.getByText('400 of 400 episodes').waitFor();
    await page.getByRole('searchbox', { name: 'Task or answer' }).fill('task 3');
    await page.keyboard.press('Enter');
    await page.getByText('40 of 400 episodes').waitFor();
    await page.getByLabel('Least reward').fill('4');
    await page.keyboard.press('Enter');
    await page.getByText('10 of 400 episodes').waitFor();
    await page.getByRole('listbox').focus();
    await page.keyboard.press('ArrowDown'); // what is walked to opens
    const heading = page.getByRole('heading', { name: /^task 3 step \d+$/ });
    const title = await heading.textContent();
    await page.getByRole('button', { name: 'Mask' }).click();
    await page.getByRole('group', { name: '5 tokens' }).focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
    await page.getByText(/^Token 4 of 5: .*log-prob −1\.5/).waitFor();
    const link = page.url();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('400 of 400 episodes').waitFor();
    await page.goBack();
    await heading.waitFor();
    const member = page.getByRole('button', { name: /^Member 1:/ });
    await member.click();
    await expect.poll(() => member.getAttribute('aria-current')).toBe('true');
    await page.goto(link);
    expect(await heading.textContent()).toBe(title);
    expect(await page.getByLabel('Least reward').inputValue()).toBe('4');
    expect(await page.locator('.tokens .token.own').count()).toBe(3);
  });

  test('nothing leads out of the width of a phone', async () => {
    const name = 'a-run-with-a-name-that-is-rather-long-for-a-phone';
    const episodes = [
      episodeLine({ messages: [{ role: 'assistant', content: 'x'.repeat(500) }] }),
      episodeLine(),
    ];
    for (const id of ['a', 'b']) writeRun(join(root, name + id), { steps: 20, episodes });
    await open('', 360);
    const views = ['curves', 'episodes&episode=0', 'episodes&episode=0&show=group', 'config'];
    for (const view of [...views, 'events']) {
      await page.goto(`${dashboard.url}?view=${view}`);
      const filled = '.u-over, .tokens, .config td, .event';
      await page.locator(filled).first().waitFor();
      const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(widths[0], view).toBeLessThanOrEqual(widths[1]);
    }
  });

  test('an alarm is marked, and leads to the curves and episodes around it', async () => {
    const alarm = { ...startedAt(60), level: 'warning', event: 'alarm', message: 'Look.' } as const;
    const episodes = [episodeLine({ step: 59 }), episodeLine({ step: 60 })];
    writeRun(join(root, 'run'), { steps: 100, episodes, events: [startedAt(0), alarm] });
    await open('?view=events');
    await page.getByLabel('1 alarm', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Curves around it' }).click();
    await expect.poll(() => plot('reward').getAttribute('aria-valuemin')).toBe('35');
    await expect.poll(() => plot('reward').getAttribute('aria-valuemax')).toBe('85');
    await page.getByRole('button', { name: 'Enlarge kl' }).click();
    await page.waitForURL(/large=kl/);
    await page.goBack();
    await page.getByRole('link', { name: 'Episodes of the step' }).click();
    await page.getByText('1 of 2 episodes').waitFor();
  });

  test('100 000 rows and 50 000 episodes open soon', async () => {
    const episodes = Array.from({ length: 50_000 }, (_, i) =>
      episodeLine({ step: 1 + Math.floor(i / 16), task: `task ${i % 999}` }),
    );
    writeRun(join(root, 'long'), { steps: 100_000, metrics: 10, episodes });
    const started = performance.now();
    await open();
    await untilTold('reward', /^step \d+: long/);
    const firstCurve = performance.now() - started;
    const firstPaint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    );
    await untilTold('reward', /^step 100000: long/);
    const wholeCurve = performance.now() - started;
    await page.getByRole('link', { name: 'Episodes' }).click();
    await page.getByText('50,000 of 50,000 episodes').waitFor();
    const whole = performance.now() - started;
    const shown = [firstPaint, firstCurve, wholeCurve, whole].map(
      (ms) => `${(ms / 1000).toFixed(2)} s`,
    );
    console.log(
      `100 000 rows, 50 000 episodes: first paint ${shown[0]}, first curve ${shown[1]}, all rows ${shown[2]}, all episodes ${shown[3]}.`,
    );
    expect(firstPaint).toBeLessThan(firstCurve); // nothing waits for what is to be read

    expect(await page.getByRole('listbox').getByRole('option').count()).toBeLessThan(100);
    await page.getByRole('listbox').focus();
    await page.keyboard.press('End');
    const last = page.locator('[aria-posinset="50000"]');
    await expect.poll(() => last.getAttribute('aria-label')).toMatch(/^Step 1, task task 15,/);
  });
});

/** A model of a few thousand weights that is paid for saying "7". */
function tinyParts() {
  const files = characterTokenizerFiles({
    characters: '0123456789',
    tokens: ['<pad>', '<|user|>', '<|assistant|>', '<|end|>'],
    padToken: '<pad>',
    endToken: '<|end|>',
    chatTemplate:
      '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}',
  });
  const shape = llamaConfigJson({
    vocabularySize: 14,
    hiddenSize: 16,
    intermediateSize: 32,
    layers: 1,
    heads: 2,
    keyValueHeads: 1,
    headSize: 8,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    contextLength: 16,
    tiedEmbeddings: true,
    initializerRange: 0.1,
  });
  const tasks = Array.from({ length: 10 }, (_, i) => ({
    id: String(i),
    messages: [{ role: 'user' as const, content: String(i) }],
    row: { prompt: String(i) },
  }));
  return {
    policy: LanguageModel.create(shape, files, 3),
    chat: createChatFormat(files),
    dataset: { name: 'digits', tasks },
    env: singleTurn(),
    rewards: [
      {
        name: 'sevens',
        fn: ({ completion }: { readonly completion: string }) => completion.split('7').length - 1,
      },
    ],
    advantage: groupRelative(),
    loss: clippedLoss(),
  };
}
