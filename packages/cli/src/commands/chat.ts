import { createInterface } from 'node:readline';
import {
  type ChatFormat,
  createChatFormat,
  createStreamDecoder,
  createTokenizer,
  type LanguageModel,
  type Tokenizer,
} from '@grpo/policy';
import type { Message } from '@grpo/rewards';
import type { BackendName } from '@grpo/tensor';
import { before, EXIT, type ExitCode, messageOf } from '../command-error.js';
import { modelTarget } from '../model-target.js';
import { openModelFolder } from '../open-local.js';
import type { Output } from '../output.js';
import { startBackend } from '../start-backend.js';
import { printable } from '../text.js';

/** What `grpo chat` is asked for. */
export interface ChatRequest {
  /** A run or a model folder. */
  readonly target: string;
  readonly checkpoint: string;
  readonly backend?: BackendName | undefined;
  readonly system?: string | undefined;
  readonly temperature: number;
  /** Tokens of an answer. Default: as many as the run trained with, else 256. */
  readonly maxTokens?: number | undefined;
  readonly seed: number;
}

const MAX_TOKENS = 256;

interface Partner {
  readonly model: LanguageModel;
  readonly chat: ChatFormat;
  readonly tokenizer: Tokenizer;
}

/** Talks with a model, line by line; what it says is shown as it is sampled. `/new` begins anew. */
export async function chat(request: ChatRequest, output: Output): Promise<ExitCode> {
  const { target, checkpoint, system } = request;
  const { folder, run } = await modelTarget(target, checkpoint, output.note);
  const backend = await startBackend(request.backend);
  const partner = await before(EXIT.usage, () => open(folder));
  const maxTokens = request.maxTokens ?? run?.config.maxCompletionLength ?? MAX_TOKENS;
  const { terminal, colours } = output;
  const isAsked = terminal.stdin.isTTY === true && output.isWatched && !output.isJson;
  output.note(
    `Model: ${folder}. Backend: ${backend.description}.${isAsked ? ' /new begins anew, Ctrl-D ends.' : ''}`,
  );
  const start: readonly Message[] =
    system === undefined ? [] : [{ role: 'system', content: system }];
  let messages = start;
  let failures = 0;
  const lines = createInterface({ input: terminal.stdin, terminal: false });
  const prompt = () => {
    if (isAsked) output.write(colours.green('> '));
  };
  prompt();
  for await (const line of lines) {
    const content = line.trim();
    if (content === '/new') messages = start;
    else if (content !== '') {
      const asked: Message[] = [...messages, { role: 'user', content }];
      try {
        const said = await answer(
          partner,
          asked,
          { ...request, maxTokens, seed: request.seed + asked.length },
          output,
        );
        output.json({ prompt: content, completion: said.text, stopReason: said.stopReason }, false);
        messages = [...asked, { role: 'assistant', content: said.text }];
      } catch (error) {
        failures += 1;
        output.note(messageOf(error)); // a text that cannot be encoded ends no conversation
      }
    }
    prompt();
  }
  if (isAsked) output.line();
  partner.model.dispose();
  return failures > 0 && !isAsked ? EXIT.failed : EXIT.done;
}

function open(folder: string): Partner {
  const model = openModelFolder(folder);
  const tokenizer = createTokenizer(model.textFiles);
  return { model, tokenizer, chat: createChatFormat(model.textFiles, tokenizer) };
}

async function answer(
  { model, chat, tokenizer }: Partner,
  messages: readonly Message[],
  {
    maxTokens,
    temperature,
    seed,
  }: Pick<ChatRequest, 'temperature' | 'seed'> & { readonly maxTokens: number },
  output: Output,
) {
  const stream = createStreamDecoder(tokenizer);
  const show = (text: string) => {
    if (!output.isJson) output.write(printable(text));
  };
  const [sampled] = await model.sampler().sample([{ ids: chat.encodePrompt(messages), seed }], {
    maxTokens,
    temperature,
    stopIds: chat.stopIds,
    onToken: ({ id }) => {
      if (!chat.stopIds.includes(id)) show(stream.push(id));
    },
  });
  show(`${stream.flush()}\n`);
  return { text: chat.decodeCompletion(sampled.ids), stopReason: sampled.stopReason };
}
