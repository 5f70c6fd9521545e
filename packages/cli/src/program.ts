import { Argument, Command, Option } from 'commander';
import type { ExitCode } from './command-error.js';
import { before, EXIT } from './command-error.js';
import { candidates, completionScript, shells } from './completion.js';
import { configOf, configOptions } from './config-flags.js';
import { createOutput } from './output.js';
import { ownManifest } from './own-manifest.js';
import { addDashboard } from './program-dashboard.js';
import {
  type Action,
  backendOption,
  checkpointOption,
  counted,
  listed,
  number,
  type Options,
  precisionOption,
  samplerOption,
} from './program-options.js';
import { addServing } from './program-serving.js';
import type { Terminal } from './types.js';

const STATUSES = `
Exit status: 0 done, 1 failed, 2 asked wrongly, 3 the backend does not start, 4 the folder is taken,
5 stopped before its end and saved, 130 or 143 ended by a second signal.`;

/**
 * Every command with its options. A command's own code is loaded when it runs.
 *
 * @param onExit is told of the status of the command that ran
 */
export function createProgram(terminal: Terminal, onExit: (status: ExitCode) => void): Command {
  const run = (action: Action) =>
    async function (this: Command) {
      const options: Options = this.optsWithGlobals();
      const output = createOutput(terminal, options.json === true);
      onExit(await action(output, options, this.args, this));
    };

  const program = new Command('grpo')
    .description('Trains language-model agents with reinforcement learning (GRPO and its kin).')
    .version(ownManifest().version, '-V, --version', 'print the version')
    .option('--json', 'print JSON, for machines; notes go to standard error')
    .option('--verbose', 'print the stack of an error')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', STATUSES);

  program
    .command('init')
    .summary('make a project that trains with one more command')
    .description(
      'Makes a project in a new folder: a config file, a tiny model, a task. It trains without a network.',
    )
    .argument('[name]', 'the folder; asked for in a terminal')
    .addOption(
      new Option(
        '-t, --template <name>',
        'what is trained (asked for in a terminal, else single-turn)',
      ).choices(['single-turn', 'conversation', 'tools']),
    )
    .addHelpText('after', '\nExample: grpo init demo && cd demo && npm install && npx grpo train')
    .action(
      run(async (output, { template }, [name]) => {
        const { init } = await import('./commands/init.js');
        return init({ name, template: template as never }, output);
      }),
    );

  const training = (command: Command) => {
    command
      .addOption(backendOption())
      .option('--plain', 'lines instead of the live view in a terminal');
    for (const option of configOptions()) command.addOption(option);
    return command;
  };

  training(
    program
      .command('train')
      .summary('train what a config file says')
      .description(
        'Trains what grpo.config.ts (or .mts, .js, .mjs, .json) says. In a terminal it shows the run and listens to keys: p pause, s save, n next sample, q quit.',
      )
      .argument('[config]', 'the config file (default: grpo.config.* in this folder)')
      .option(
        '-f, --folder <folder>',
        'where the run is written (default: the next free runs/run-N)',
      )
      .option('--resume', 'go on from the newest checkpoint in --folder')
      .option('--preset <name>', 'settings that belong together; an unknown name lists them'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  grpo train\n  grpo train --max-steps 20 --learning-rate 1e-4 --folder runs/short\n  grpo train --folder runs/short --resume --max-steps 40',
    )
    .action(
      run(async (output, options, [file], command) => {
        const config = await fieldsOf(options, command);
        const { train } = await import('./commands/train.js');
        return train(
          {
            file,
            config,
            folder: options.folder as string | undefined,
            preset: options.preset as string | undefined,
            backend: options.backend as never,
            isResumed: options.resume === true,
            isPlain: options.plain === true,
          },
          output,
        );
      }),
    );

  training(
    program
      .command('resume')
      .summary('go on with a run')
      .description(
        'Goes on with a run from its newest whole checkpoint, with the settings it was started with. Settings that say how long and how carefully may be changed.',
      )
      .argument('<run>', 'the folder of the run')
      .option(
        '-c, --config <file>',
        'the config file, where it is not the one the run was started with',
      ),
  )
    .addHelpText('after', '\nExample: grpo resume runs/run-1 --max-steps 400')
    .action(
      run(async (output, options, [folder = ''], command) => {
        const config = await fieldsOf(options, command);
        const { resume } = await import('./commands/resume.js');
        return resume(
          folder,
          {
            config,
            file: options.config as string | undefined,
            backend: options.backend as never,
            isPlain: options.plain === true,
          },
          output,
        );
      }),
    );

  program
    .command('eval')
    .summary('evaluate a run or a model on tasks kept out of training')
    .description(
      'Plays every task once with the most probable tokens, and prints rewards. Environment and rewards are those of the config file.',
    )
    .argument(
      '[target]',
      'a run or a model folder (default: the model of the config file, untrained)',
    )
    .option(
      '-c, --config <file>',
      'the config file (default: that of the run, else grpo.config.* here)',
    )
    .option('-d, --data <file>', 'tasks instead of evalDataset: .jsonl, .json, .csv or .parquet')
    .addOption(checkpointOption())
    .option('--samples <n>', 'sampled answers per task, for pass@1, 2, 4, …', counted('--samples'))
    .option('--show <n>', 'answers to print', counted('--show'), 5)
    .addOption(backendOption())
    .addHelpText('after', '\nExample: grpo eval runs/run-1 --checkpoint best --samples 8')
    .action(
      run(async (output, options, [target]) => {
        const { evalCommand } = await import('./commands/eval.js');
        return evalCommand(
          {
            target,
            file: options.config as string | undefined,
            data: options.data as string | undefined,
            checkpoint: String(options.checkpoint),
            samples: options.samples as number | undefined,
            show: options.show as number,
            backend: options.backend as never,
          },
          output,
        );
      }),
    );

  program
    .command('chat')
    .summary('talk with a run or a model')
    .description(
      'Reads lines, and answers each as it is sampled. Lines may be piped in. /new begins a new conversation.',
    )
    .argument('<target>', 'a run or a model folder')
    .addOption(checkpointOption())
    .option('--system <text>', 'the system message')
    .option(
      '--temperature <t>',
      'sampling temperature; 0 takes the most probable token',
      number('--temperature'),
      1,
    )
    .option(
      '--max-tokens <n>',
      'tokens of an answer (default: as many as the run trained with, else 256)',
      counted('--max-tokens'),
    )
    .option('--seed <n>', 'the same seed gives the same answers', counted('--seed'), 0)
    .addOption(backendOption())
    .addHelpText('after', '\nExample: echo "3+8" | grpo chat runs/run-1 --temperature 0')
    .action(
      run(async (output, options, [target = '']) => {
        const { chat } = await import('./commands/chat.js');
        return chat(
          {
            target,
            checkpoint: String(options.checkpoint),
            system: options.system as string | undefined,
            temperature: options.temperature as number,
            maxTokens: options.maxTokens as number | undefined,
            seed: options.seed as number,
            backend: options.backend as never,
          },
          output,
        );
      }),
    );

  program
    .command('export')
    .summary('write a Hugging Face folder')
    .description(
      'Writes a model as transformers, vLLM and others read it; a LoRA adapter is folded into the weights.',
    )
    .argument('<target>', 'a run or a model folder')
    .argument('<folder>', 'where the model goes: empty or not there')
    .addOption(checkpointOption())
    .addOption(
      new Option('--dtype <type>', 'how weights are stored')
        .choices(['float32', 'float16', 'bfloat16'])
        .default('float32'),
    )
    .option('--shard-gb <n>', 'most gigabytes of weights in one file', number('--shard-gb'), 5)
    .option('--adapter', 'write the adapter alone, as PEFT reads it')
    .addOption(backendOption())
    .addHelpText(
      'after',
      '\nExample: grpo export runs/run-1 model --checkpoint best --dtype bfloat16',
    )
    .action(
      run(async (output, options, [target = '', folder = '']) => {
        const { exportCommand } = await import('./commands/export.js');
        return exportCommand(
          {
            target,
            folder,
            checkpoint: String(options.checkpoint),
            dtype: options.dtype as 'float32',
            shardGb: options.shardGb as number,
            keepsAdapter: options.adapter === true,
            backend: options.backend as never,
          },
          output,
        );
      }),
    );

  const runs = program
    .command('runs')
    .summary('list and compare runs')
    .description('Lists runs, or sets some side by side.');
  runs
    .command('list', { isDefault: true })
    .description('Lists the runs of a folder with what became of them.')
    .argument('[folder]', 'the folder of runs', 'runs')
    .action(
      run(async (output, _, [folder = 'runs']) => {
        const { listRuns } = await import('./commands/runs.js');
        return listRuns(folder, output);
      }),
    );
  runs
    .command('compare')
    .description('Shows the settings in which runs differ, and how they ended.')
    .argument('<runs...>', 'two or more folders of runs')
    .action(
      run(async (output, _, folders) => {
        const { compareRuns } = await import('./commands/runs.js');
        return compareRuns(folders, output);
      }),
    );

  addDashboard(program, run);
  addServing(program, run);

  program
    .command('bench')
    .summary('measure training steps on this machine')
    .description(
      'Takes training steps of fixed shapes with random weights, each shape in a process of its own, and prints seconds, tokens per second, memory, and the parts of a step. With --peer, TRL takes the same steps in turn.',
    )
    .option('-w, --workload <names>', 'W1 to W6, parted by commas (default: all)', listed)
    .option(
      '--sweep <names>',
      'how the cost grows with batch, group, prompt, completion, model or turns',
      listed,
    )
    .option('--steps <n>', 'steps of each, after one to warm up', counted('--steps'), 5)
    .addOption(backendOption())
    .addOption(samplerOption())
    .addOption(precisionOption())
    .option('--peer <python>', 'an interpreter that has TRL')
    .option('-f, --folder <folder>', 'where results.json and chart.svg are written')
    .addHelpText('after', '\nExample: grpo bench --workload W1,W2 --peer .venv/bin/python')
    .action(
      run(async (output, options) => {
        const { bench } = await import('./commands/bench.js');
        return bench(
          {
            workloads: options.workload as string[] | undefined,
            sweeps: (options.sweep as string[] | undefined) ?? [],
            steps: options.steps as number,
            backend: options.backend as never,
            sampler: options.sampler as 'auto',
            precision: options.precision as 'float32',
            peer: options.peer as string | undefined,
            folder: options.folder as string | undefined,
          },
          output,
        );
      }),
    );

  program
    .command('doctor')
    .summary('say what this machine has, and what helps')
    .description(
      'Tries every backend, looks at Node, memory and optional packages, and says what helps. Changes nothing.',
    )
    .action(
      run(async (output) => {
        const { doctor } = await import('./commands/doctor.js');
        return doctor(output);
      }),
    );

  const rewards = program
    .command('rewards')
    .summary('check rewards before training')
    .description('Works with reward functions.');
  rewards
    .command('check')
    .description(
      'Runs the rewards that a module exports (JavaScript or TypeScript) over sample episodes, one JSON object per line, and prints how they are distributed.',
    )
    .argument('<module>', 'exports a reward, a list of them, or functions that make one')
    .argument('<episodes>', 'a file such as episodes.jsonl: at least {"completion": "…"} per line')
    .option('--ends <n>', 'episodes shown at either end', counted('--ends'))
    .option('--concurrency <n>', 'calls at once', counted('--concurrency'))
    .option('--timeout <ms>', 'limit of one call, in ms', counted('--timeout'))
    .action(
      run(async (output, options, args) => {
        const { rewardsCheck } = await import('./commands/rewards-check.js');
        const flags = ['ends', 'concurrency', 'timeout'].flatMap((name) =>
          options[name] === undefined ? [] : [`--${name}=${options[name]}`],
        );
        return rewardsCheck([...args, ...flags], output);
      }),
    );

  program
    .command('completion')
    .summary('print completions for a shell')
    .description('Prints what a shell reads to complete grpo.')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      '\nInstall:\n  bash: grpo completion bash >> ~/.bashrc\n  zsh:  grpo completion zsh >> ~/.zshrc\n  fish: grpo completion fish > ~/.config/fish/completions/grpo.fish',
    )
    .action(
      run((output, _, [shell = '']) => {
        output.write(`${completionScript(shell)}\n`);
        return EXIT.done;
      }),
    );
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(
      run((output, _, words) => {
        for (const word of candidates(program, words)) output.write(`${word}\n`);
        return EXIT.done;
      }),
    );
  return program;
}

function fieldsOf(options: Options, command: Command) {
  const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli';
  return before(EXIT.usage, () => configOf(options, isGiven));
}
