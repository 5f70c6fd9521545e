import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { type Dashboard, DEFAULT_PORT, serveDashboard } from '@grpo/dashboard';
import { CommandError, EXIT, type ExitCode, messageOf } from '../command-error.js';
import { onStopSignals } from '../on-stop-signals.js';
import type { Output } from '../output.js';

export interface DashboardRequest {
  /** Runs, or folders that hold them; none is `runs`. */
  readonly folders: readonly string[];
  /** Default: the first free one from `DEFAULT_PORT` on. */
  readonly port: number | undefined;
  readonly host: string;
  readonly allowedHosts: readonly string[];
}

/** Ports that are tried where none is asked for. */
const PORTS = 20;

/** Serves the page over runs until it is told to stop. */
export async function dashboard(request: DashboardRequest, output: Output): Promise<ExitCode> {
  const { folders } = request;
  // A folder that was typed is meant as it stands; `runs` may come with the first run.
  for (const folder of folders) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) continue;
    throw new CommandError(
      EXIT.usage,
      `grpo dashboard: needs folders of runs, got ${folder}, which is no folder. Train a run with: grpo train`,
    );
  }
  const shown = folders.length > 0 ? folders : ['runs'];
  const served = await serve(shown, request);
  output.json({ url: served.url }, false);
  output.line(`Dashboard of ${shown.join(', ')}: ${served.url} (Ctrl-C ends it)`);
  if (!isLoopback(request.host))
    output.note('Whoever can reach this address can read these runs: there is no password.');
  await new Promise<void>((resolve) => {
    onStopSignals(() => resolve());
  });
  await served.close();
  return EXIT.done;
}

async function serve(
  folders: readonly string[],
  { port, host, allowedHosts }: DashboardRequest,
): Promise<Dashboard> {
  const ports =
    port === undefined ? Array.from({ length: PORTS }, (_, i) => DEFAULT_PORT + i) : [port];
  for (const n of ports) {
    try {
      return await serveDashboard(folders, { port: n, host, allowedHosts });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw new CommandError(
        EXIT.usage,
        `grpo dashboard: needs an address to listen on, got ${host}:${n}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }
  throw new CommandError(
    EXIT.usage,
    `grpo dashboard: needs a free port, got ${ports.join(', ')}, in use. Choose another with --port, or --port 0 for any.`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
