/**
 * Serves the page over some runs until it is stopped.
 *
 *   npm run dashboard -- RUNS... [--port 6007] [--host 127.0.0.1] [--allow-host NAME]
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_PORT, serveDashboard } from './index.js';

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: String(DEFAULT_PORT) },
      host: { type: 'string', default: '127.0.0.1' },
      'allow-host': { type: 'string', multiple: true, default: [] },
    },
  });
  // npm changes into the app's folder; what was typed was meant from where it was typed.
  const from = process.env.INIT_CWD ?? process.cwd();
  const folders = (positionals.length > 0 ? positionals : ['runs']).map((path) =>
    resolve(from, path),
  );
  const dashboard = await serveDashboard(folders, {
    port: Number(values.port),
    host: values.host,
    allowedHosts: values['allow-host'],
  });
  console.log(`Dashboard: ${dashboard.url} (Ctrl+C ends it)`);
  if (!/^(?:127\.|localhost$|::1$)/.test(values.host))
    console.log('Whoever can reach this address can read these runs: there is no password.');
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
