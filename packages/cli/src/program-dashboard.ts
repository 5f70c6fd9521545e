import type { Command } from 'commander';
import { counted, type Run } from './program-options.js';

/** Adds `grpo dashboard` to the program. */
export function addDashboard(program: Command, run: Run): void {
  program
    .command('dashboard')
    .summary('show runs in a browser')
    .description(
      'Serves a page over runs on this machine: curves while they train, episodes, settings, alarms. Runs that begin later join.',
    )
    .argument('[runs...]', 'runs, or folders that hold them (default: runs)')
    .option(
      '-p, --port <n>',
      'the port; 0 takes a free one (default: the first free one from 6007 on)',
      counted('--port'),
    )
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--allow-host <name...>', 'names of this machine under which the page may be opened')
    .addHelpText('after', '\nExamples:\n  grpo dashboard\n  grpo dashboard runs/run-1 runs/run-2')
    .action(
      run(async (output, options, folders) => {
        const { dashboard } = await import('./commands/dashboard.js');
        return dashboard(
          {
            folders,
            port: options.port as number | undefined,
            host: String(options.host),
            allowedHosts: (options.allowHost ?? []) as readonly string[],
          },
          output,
        );
      }),
    );
}
