import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format } from 'node:util';
import {
  baselines,
  clipAdvantages,
  estimators,
  groupFilters,
  groupRelative,
  scalings,
} from '@grpo/advantage';
import { exampleBatch } from '@grpo/advantage/testing';
import {
  controllers,
  corrections,
  dapoLoss,
  klEstimators,
  policyLosses,
  ratioLevels,
  reductions,
} from '@grpo/policy-loss';
import { exampleInput } from '@grpo/policy-loss/testing';
import { describe, expect, it, vi } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'docs/algorithms');
const pages = readdirSync(folder).map((name) => ({
  name,
  text: readFileSync(join(folder, name), 'utf8'),
}));
const everything = pages.map(({ text }) => text).join('\n');
const blocks = pages.flatMap(({ name, text }) =>
  [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code], i) => ({
    page: `${name}, block ${i + 1}`,
    code,
  })),
);

/** Whether an example on a page registered the name. */
const isOfAPage = (name: string) => ['best', 'mine'].includes(name);

const flat = (text: string) => text.replace(/^\s+/gm, '').trim();

describe('pages of algorithms', () => {
  it.each(blocks.filter(({ code }) => code.startsWith('// packages/')))(
    '$page is what stands in the source',
    ({ code }) => {
      const [first, ...lines] = code.split('\n');
      const source = readFileSync(join(root, first.replace('// ', '')), 'utf8');
      expect(flat(source)).toContain(flat(lines.join('\n')));
    },
  );

  it.each(blocks.filter(({ code }) => code.includes('console.log(')))(
    '$page prints what it says',
    async ({ code }) => {
      const promised = [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(
        ([, line]) => line,
      );
      const place = mkdtempSync(join(tmpdir(), 'grpo-page-'));
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      try {
        writeFileSync(join(place, 'example.mjs'), code);
        await import(/* @vite-ignore */ pathToFileURL(join(place, 'example.mjs')).href);
        expect(log.mock.calls.map((values) => format(...values))).toEqual(promised);
      } finally {
        log.mockRestore();
        rmSync(place, { recursive: true });
      }
    },
  );

  it('every registered name has a place', () => {
    const names = [
      estimators,
      baselines,
      scalings,
      policyLosses,
      reductions,
      corrections,
      klEstimators,
      groupFilters,
      ratioLevels,
      controllers,
    ].flatMap((registry) => registry.names());
    const homeless = names.filter(
      (name) => !isOfAPage(name) && !everything.includes(`\`${name}\``),
    );
    expect(homeless).toEqual([]);
  });

  it('every metric is defined', () => {
    const page = pages.find(({ name }) => name === 'metrics.md')?.text ?? '';
    const reported = new Set<string>();
    const note = (metrics: object) => {
      for (const name of Object.keys(metrics)) reported.add(name);
    };
    const wrapped = clipAdvantages(groupRelative());
    for (const estimate of [
      wrapped,
      ...estimators.names().map((name) => estimators.create(name)),
    ]) {
      note(estimate(exampleBatch()).metrics);
    }
    for (const name of policyLosses.names().filter((one) => !isOfAPage(one))) {
      const options = name === 'dr-grpo' ? { length: 8 } : {};
      note(policyLosses.create(name, { ...options })(exampleInput(1)).metrics);
    }
    for (const name of corrections.names()) {
      note(dapoLoss({ correction: name, beta: 0.1, entropy: 0.1 })(exampleInput(1)).metrics);
    }
    const defined = (name: string) =>
      page.includes(`\`${name}\``) || page.includes(`\`${name.replace(/(min|mean|max)$/, '')}`);
    expect([...reported].filter((name) => !defined(name))).toEqual([]);
    expect(reported.size).toBeGreaterThan(20);
  });
});
