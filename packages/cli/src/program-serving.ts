import type { Command } from 'commander';
import { counted, number, type Run } from './program-options.js';

/** Adds the commands by which other trainers get to environments and rewards. */
export function addServing(program: Command, run: Run): void {
  program
    .command('serve-env')
    .summary('serve environment and rewards to other trainers')
    .description(
      'Serves the environment, tasks and rewards of a config file until it is stopped: to clients of OpenEnv on /ws, /reset, /step and /mcp, to NeMo Gym on /seed_session and /verify, to TRL on /rewards, to OpenRLHF on /get_reward. The file needs no more than a dataset; no model is opened. With GRPO_SERVE_TOKEN in the environment, clients need that token; another host than this machine needs one.',
    )
    .argument('[file]', 'the config file (default: grpo.config.* in this folder)')
    .option('--port <n>', 'the port; 0 takes a free one', counted('--port'), 8000)
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--max-sessions <n>', 'sessions at once', counted('--max-sessions'), 1024)
    .option('--idle-timeout <s>', 'close sessions that nobody uses', number('--idle-timeout'), 1800)
    .option(
      '--turn-timeout <s>',
      'limit of one answer of the environment',
      number('--turn-timeout'),
      120,
    )
    .option('--episodes <file>', 'append every episode that ended, a line of JSON each')
    .option('--rows <file>', 'write the tasks as rows of NeMo Gym')
    .addHelpText('after', '\nExample: grpo serve-env --port 8000 --episodes episodes.jsonl')
    .action(
      run(async (output, options, [file]) => {
        const { serveEnvCommand } = await import('./commands/serve-env.js');
        return serveEnvCommand(
          {
            file,
            port: options.port as number,
            host: String(options.host),
            maxSessions: options.maxSessions as number,
            idleTimeout: options.idleTimeout as number,
            turnTimeout: options.turnTimeout as number,
            episodes: options.episodes as string | undefined,
            rows: options.rows as string | undefined,
          },
          output,
        );
      }),
    );

  program
    .command('export-trl')
    .summary('write a folder that trains the same with TRL')
    .description(
      'Writes a script for TRL with the settings of the config file, the client of its rewards, and the class of its environment; says what TRL does otherwise. Rewards and environment stay where they are and are served by grpo serve-env.',
    )
    .argument('<folder>', 'where it goes: empty or not there')
    .option('-c, --config <file>', 'the config file (default: grpo.config.* in this folder)')
    .addHelpText(
      'after',
      '\nExample: grpo export-trl trl && (grpo serve-env & accelerate launch trl/train.py)',
    )
    .action(
      run(async (output, options, [folder = '']) => {
        const { exportTrlCommand } = await import('./commands/export-trl.js');
        const file = options.config as string | undefined;
        return exportTrlCommand({ folder, file }, output);
      }),
    );
}
