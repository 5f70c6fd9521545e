import { CommanderError } from 'commander';
import { EXIT, type ExitCode, exitCodeOf, messageOf } from './command-error.js';
import { createProgram } from './program.js';
import { redact } from './redact.js';
import type { Terminal } from './types.js';

/**
 * Runs one command to its end.
 *
 * @param args what stands behind the name of the program
 * @returns the exit status
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { stdout, stderr, env } = terminal;
  let status: ExitCode = EXIT.done;
  const program = createProgram(terminal, (ended) => {
    status = ended;
  });
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap((one) => one.commands),
  ]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(redact(text, env)),
      getOutHasColors: () => stdout.isTTY === true && !env.NO_COLOR,
      getErrHasColors: () => stderr.isTTY === true && !env.NO_COLOR,
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    // Help and version arrive as errors too; what commander has to say it has said.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const exitCode = exitCodeOf(error);
    const isVerbose = args.includes('--verbose') && error instanceof Error;
    const text = isVerbose ? (error.stack ?? error.message) : messageOf(error);
    const told = args.includes('--json')
      ? JSON.stringify({ error: text, exitCode })
      : text.startsWith('grpo')
        ? text
        : `grpo: ${text}`;
    stderr.write(`${redact(told, env)}\n`);
    return exitCode;
  }
}
