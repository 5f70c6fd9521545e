import type { Command, Option } from 'commander';
import { CommandError, EXIT } from './command-error.js';

/** Each asks the command itself, so that what it offers is never older than the command. */
const scripts: Readonly<Record<string, string>> = {
  bash: `_grpo() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(grpo complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _grpo grpo`,
  zsh: `#compdef grpo
_grpo() {
  local -a found
  found=("\${(@f)$(grpo complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found[1]" ]]; then compadd -- $found; else _files; fi
}
compdef _grpo grpo`,
  fish: `complete -c grpo -a '(grpo complete -- (commandline -opc)[2..] (commandline -ct))'`,
};

/** The names of shells that completions are there for. */
export const shells = Object.keys(scripts);

/**
 * What a shell reads to complete the words of `grpo`.
 *
 * @throws CommandError (usage) for another shell
 */
export function completionScript(shell: string): string {
  const script = scripts[shell];
  if (script !== undefined) return script;
  throw new CommandError(
    EXIT.usage,
    `grpo completion: needs one of ${shells.join(', ')}, got "${shell}". For example: grpo completion bash >> ~/.bashrc`,
  );
}

/**
 * What may stand in the place of the last word.
 *
 * @param words those behind `grpo`, the last of them begun or empty
 * @returns none where a file or a value may stand
 */
export function candidates(program: Command, words: readonly string[]): string[] {
  const begun = words.at(-1) ?? '';
  let command = program;
  for (const word of words.slice(0, -1)) {
    command = command.commands.find((one) => one.name() === word) ?? command;
  }
  const options = [...command.options, ...program.options].filter(({ hidden }) => !hidden);
  const before = words.at(-2);
  const owner = options.find(
    ({ long, short }) => before !== undefined && [long, short].includes(before),
  );
  const found =
    owner && takesValue(owner)
      ? (owner.argChoices ?? [])
      : begun.startsWith('-')
        ? options.flatMap(({ long }) => long ?? [])
        : [
            ...visible(command),
            ...(command.registeredArguments[argumentNumber(command, words)]?.argChoices ?? []),
          ];
  return [...new Set(found)].filter((text) => text.startsWith(begun));
}

function visible(command: Command): string[] {
  // Commander keeps the hidden ones out of what it lists in the help.
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name());
}

function argumentNumber(command: Command, words: readonly string[]): number {
  const after = words.indexOf(command.name()) + 1;
  return words.slice(after, -1).filter((word) => !word.startsWith('-')).length;
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}
