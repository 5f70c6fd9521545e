import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gaeErrors, grpoAdvantageErrors, rlooErrors } from './advantage-cases.mjs';
import { modelCases } from './model-cases.mjs';
import { policyLossErrors } from './policy-loss-cases.mjs';
import { tokenizerCases } from './tokenizer-cases.mjs';
import { trainerErrors } from './trainer-cases.mjs';
import { trainingErrors } from './training-cases.mjs';

/** What compares one of the `cases` of a file, by the file's `kind`. */
const FILES = {
  'policy-loss': policyLossErrors,
  'grpo-advantages': grpoAdvantageErrors,
  'rloo-advantages': rlooErrors,
  gae: gaeErrors,
};

/** What lists the cases of a folder, by the `kind` of its reference.json. */
const FOLDERS = {
  'model-reference': modelCases,
  'tokenizer-reference': tokenizerCases,
};

/**
 * Compares every case of a folder and of the folders in it:
 * - a JSON file `{ kind, cases }` whose kind is known;
 * - a folder of a model or tokenizer with a reference.json;
 * - a JSON file of the kind `training-steps`, whose run began with the folder `model` beside it.
 *
 * @param folder the folder
 * @param packages the packages to measure: `{ advantage, policyLoss, policy, safetensors, trainer }`
 * @param options.print called with each line as soon as it is known
 * @returns {Promise<{ lines: string[], passed: number, failed: number }>} one line per case
 */
export async function compareFolder(folder, packages, { print = () => {} } = {}) {
  const result = { lines: [], passed: 0, failed: 0 };
  const say = (line) => {
    result.lines.push(line);
    print(line);
  };
  for (const one of casesIn(folder, packages, '')) {
    if (one.skip !== undefined) {
      say(`skip  ${one.label}: ${one.skip}`);
      continue;
    }
    const { line, isPass } = await compareCase(one);
    say(line);
    result[isPass ? 'passed' : 'failed'] += 1;
  }
  return result;
}

/** Every case, `{ label, errors }` or `{ label, skip }`, in the order of names. */
function* casesIn(folder, packages, path) {
  const names = readdirSync(folder).sort();
  if (names.includes('config.json') || names.includes('tokenizer.json')) {
    yield* folderCases(folder, packages, path);
    return;
  }
  for (const name of names) {
    const inner = join(folder, name);
    if (statSync(inner).isDirectory()) yield* casesIn(inner, packages, `${path}${name}/`);
    else if (name.endsWith('.json')) yield* fileCases(inner, packages, `${path}${name}`);
  }
}

function* fileCases(file, packages, path) {
  const { content, error } = readJson(file);
  if (error) {
    yield { label: path, errors: () => Promise.reject(error) };
  } else if (content.kind === 'training-steps') {
    const model = join(file, '..', 'model');
    const name = content.name ?? path;
    yield { label: `training: ${name}`, errors: () => trainingErrors(content, model, packages) };
    const { gradient_accumulation_steps: passes, steps_per_generation: perGeneration } =
      content.config;
    const label = `trainer: ${name}`;
    if (passes > perGeneration)
      yield { label, skip: 'its optimizer steps span several generations' };
    else yield { label, errors: () => trainerErrors(content, model, packages) };
  } else if (content.kind in FILES) {
    const errors = FILES[content.kind];
    for (const one of content.cases) {
      yield { label: `${content.kind}: ${one.name}`, errors: () => errors(one, packages) };
    }
  } else {
    yield { label: path, skip: `no comparison for the kind '${content.kind}'` };
  }
}

function* folderCases(folder, packages, path) {
  const name = path.replace(/\/$/, '') || folder;
  const file = join(folder, 'reference.json');
  if (!existsSync(file)) {
    // The model that recorded runs began with is measured by them.
    const isStart = readdirSync(join(folder, '..')).some((other) => other.endsWith('.json'));
    if (!isStart) yield { label: name, skip: 'no reference.json' };
    return;
  }
  const { content, error } = readJson(file);
  const list = FOLDERS[content?.kind];
  if (error) {
    yield { label: name, errors: () => Promise.reject(error) };
  } else if (list === undefined) {
    yield { label: name, skip: `no comparison for the kind '${content.kind}'` };
  } else {
    for (const one of list(folder, packages)) yield { ...one, label: `${name}: ${one.name}` };
  }
}

function readJson(file) {
  try {
    return { content: JSON.parse(readFileSync(file, 'utf8')) };
  } catch (error) {
    return { error };
  }
}

/** One case: each output's largest error beside its tolerance, or what it threw. */
async function compareCase({ label, errors }) {
  try {
    const outputs = Object.entries(await errors());
    const isPass = outputs.every(([, { isWithin }]) => isWithin);
    const shown = outputs.map(
      ([name, { error, isWithin, at }]) =>
        `${name} ${error.toExponential(1)}${isWithin ? '' : ` (${at}: too far)`}`,
    );
    return { line: `${isPass ? 'pass' : 'FAIL'}  ${label}  ${shown.join('  ')}`, isPass };
  } catch (error) {
    return { line: `FAIL  ${label}  ${error.message}`, isPass: false };
  }
}
