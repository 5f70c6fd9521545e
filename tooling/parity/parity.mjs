// Compares the packages with numbers that another library computed. `npm run parity -- DIR` builds
// first and then runs this file. DIR holds JSON files of reference cases, as
// packages/policy-loss/fixtures does. For every case it prints the largest absolute error of each
// output, then `N passed, N failed`; any failure makes the exit status 1.
import * as advantage from '../../packages/advantage/dist/index.js';
import * as policyLoss from '../../packages/policy-loss/dist/index.js';
import { compareFolder } from './compare-folder.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('parity: needs a folder of reference cases. Use: npm run parity -- DIR');
  process.exit(2);
}
const { lines, passed, failed } = compareFolder(folder, { advantage, policyLoss });
for (const line of lines) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
