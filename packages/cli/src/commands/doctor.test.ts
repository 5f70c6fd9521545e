import pc from 'picocolors';
import { expect, it } from 'vitest';
import type { Rung } from '../doctor/ladder.js';
import { examine, isSupported, reportOf } from './doctor.js';

const missing: Rung = {
  name: 'native',
  starts: false,
  reason: 'not installed',
  remedy: 'npm install it',
};
const wasm: Rung = { name: 'wasm', starts: true, milliseconds: 4 };

it('a run takes the first rung that carries, and the report says what helps with the others', async () => {
  const findings = await examine({}, [missing, wasm]);
  expect(findings.backend).toBe('wasm');
  const report = reportOf(findings, pc.createColors(false)).join('\n');
  expect(report).toContain('no  native  not installed\n      npm install it');
  expect(report).toContain('ok  wasm    starts; a product of 256 x 256 matrices takes 4 ms');
  expect(report).toContain('A run uses wasm.');
});

it('a backend that GRPO_BACKEND asks for is never replaced by another', async () => {
  const findings = await examine({ GRPO_BACKEND: 'native' }, [missing, wasm]);
  expect(findings.backend).toBeUndefined();
  expect(reportOf(findings, pc.createColors(false)).join('\n')).toContain(
    'A run cannot start: GRPO_BACKEND asks for native, which does not start.',
  );
});

it('versions of Node are those of package.json', () => {
  const versions = [
    '18.20.0',
    '20.18.9',
    '20.19.0',
    '21.9.0',
    '22.11.0',
    '22.12.0',
    '23.1.0',
    '24.0.0',
  ];
  expect(versions.filter(isSupported)).toEqual(['20.19.0', '22.12.0', '24.0.0']);
});
