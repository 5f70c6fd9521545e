// Compares the packages with numbers that another library computed. `npm run parity -- DIR` builds
// first and then runs this file. DIR holds JSON files of reference cases, as
// packages/policy-loss/fixtures does, and folders of models, tokenizers and recorded runs, as
// packages/policy/fixtures does. For every case it prints the largest error of each output, then
// `N passed, N failed`; any failure makes the exit status 1. Errors are absolute where the output is
// not called relative; of ids and texts, which must be the same, it is the share that is wrong.
// GRPO_BACKEND names the backend of the models, by default the fastest that loads.
import { existsSync, statSync } from 'node:fs';
import * as advantage from '../../packages/advantage/dist/index.js';
import * as policy from '../../packages/policy/dist/index.js';
import * as policyLoss from '../../packages/policy-loss/dist/index.js';
import * as safetensors from '../../packages/safetensors/dist/index.js';
import { initBackend } from '../../packages/tensor/dist/index.js';
import * as trainer from '../../packages/trainer/dist/index.js';
import { compareFolder } from './compare-folder.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined || !existsSync(folder) || !statSync(folder).isDirectory()) {
  console.error(
    `parity: needs a folder of reference cases, got ${folder ?? 'none'}. Use: npm run parity -- DIR`,
  );
  process.exit(2);
}
const { description } = await initBackend();
console.log(`backend: ${description}`);
const packages = { advantage, policyLoss, policy, safetensors, trainer };
const { passed, failed } = await compareFolder(folder, packages, { print: console.log });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
