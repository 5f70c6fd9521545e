// Assembles packages/tensor/src/wasm/batch-mat-mul.wat into the module that the package ships.
//   node tooling/scripts/assemble-wasm.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { root } from './pnpm.mjs';

const folder = `${root}packages/tensor/src/wasm/`;
const wabt = await createRequire(`${root}packages/tensor/package.json`)('wabt')();
const module = wabt.parseWat(
  'batch-mat-mul.wat',
  readFileSync(`${folder}batch-mat-mul.wat`, 'utf8'),
  { simd: true },
);
const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
const lines = base64.match(/.{1,88}/g).map((line) => `  '${line}',`);
writeFileSync(
  `${folder}batch-mat-mul.wasm.ts`,
  `// Assembled from batch-mat-mul.wat by tooling/scripts/assemble-wasm.mjs; a test holds the two together.\nexport const BATCH_MAT_MUL_WASM = [\n${lines.join('\n')}\n].join('');\n`,
);
