// `npm run docs`: installs, builds, and writes the site to docs/api: the API of every package and the
// pages of docs/. Fails on a link that leads nowhere, on a type that is used but not exported, and on
// an exported name of a maths package without a doc comment (the list is in typedoc.json).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installAndBuild, root } from './pnpm.mjs';

/** typedoc loads this file as a plugin too: a page is called by its heading, and an object of options by that name. */
export function load(app) {
  app.converter.on('createSignature', (_, { comment, parameters = [] }) => {
    if (!comment?.blockTags.some(({ name }) => name?.startsWith('options.'))) return;
    for (const one of parameters) if (one.name === '__namedParameters') one.name = 'options';
  });
  app.converter.on('createDocument', (_, document) => {
    const [first] = document.content;
    const heading = /^\s*# (.+)\n/.exec(first?.text ?? '');
    if (heading === null) return;
    document.name = heading[1];
    document.content[0] = { ...first, text: first.text.slice(heading[0].length) };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installAndBuild();
  const { status } = spawnSync(process.execPath, ['node_modules/typedoc/bin/typedoc'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.exit(status ?? 1);
}
