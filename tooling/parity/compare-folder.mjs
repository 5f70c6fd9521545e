import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gaeErrors, grpoAdvantageErrors, rlooErrors } from './advantage-cases.mjs';
import { policyLossErrors } from './policy-loss-cases.mjs';

/** What compares the cases of a file, by the file's `kind`. */
const KINDS = {
  'policy-loss': policyLossErrors,
  'grpo-advantages': grpoAdvantageErrors,
  'rloo-advantages': rlooErrors,
  gae: gaeErrors,
};

/**
 * Compares every case of every file in a folder whose kind is known.
 *
 * @param folder a folder of JSON files `{ kind, cases }`
 * @param packages the packages to measure: `{ advantage, policyLoss }`
 * @returns {{ lines: string[], passed: number, failed: number }} one line per case
 */
export function compareFolder(folder, packages) {
  const lines = [];
  const counts = { passed: 0, failed: 0 };
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue;
    const { kind, cases } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    if (!(kind in KINDS)) {
      lines.push(`skip  ${basename(name)}: no comparison for the kind '${kind}'`);
      continue;
    }
    for (const one of cases) {
      const { line, isPass } = compareCase(kind, one, packages);
      lines.push(line);
      counts[isPass ? 'passed' : 'failed'] += 1;
    }
  }
  return { lines, ...counts };
}

/** One case: each output's largest error beside its tolerance, or what it threw. */
function compareCase(kind, one, packages) {
  const label = `${kind}: ${one.name}`;
  try {
    const outputs = Object.entries(KINDS[kind](one, packages));
    const isPass = outputs.every(([, { isWithin }]) => isWithin);
    const errors = outputs.map(
      ([name, { error, isWithin, at }]) =>
        `${name} ${error.toExponential(1)}${isWithin ? '' : ` (${at}: too far)`}`,
    );
    return { line: `${isPass ? 'pass' : 'FAIL'}  ${label}  ${errors.join('  ')}`, isPass };
  } catch (error) {
    return { line: `FAIL  ${label}  ${error.message}`, isPass: false };
  }
}
