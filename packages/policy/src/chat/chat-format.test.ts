import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { characterTokenizerFiles } from './character-tokenizer.js';
import { createChatFormat } from './chat-format.js';
import { createTokenizer } from './tokenizer.js';

const files = (chatTemplate: string) =>
  characterTokenizerFiles({
    characters: '0123456789+? ',
    tokens: ['<pad>', '<|user|>', '<|assistant|>', '<|end|>'],
    padToken: '<pad>',
    endToken: '<|end|>',
    chatTemplate,
  });
const TURNS =
  '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}' +
  '{% if add_generation_prompt %}<|assistant|>{% endif %}';
const chat = createChatFormat(files(TURNS));
const tokenizer = createTokenizer(files(TURNS));
const user = (content: string) => ({ role: 'user', content }) as const;
const assistant = (content: string) => ({ role: 'assistant', content }) as const;

describe('a character tokenizer', () => {
  test('gives back any text of its alphabet, markers included', () => {
    const text = '<|user|>37+48?<|end|>';
    const ids = tokenizer.encode(text);
    expect(ids).toEqual([1, 7, 11, 14, 8, 12, 15, 3]);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.vocabularySize).toBe(17);
  });

  test('refuses a character that it does not know, by name', () => {
    expect(() => tokenizer.encode('3x4')).toThrow('got "x"');
  });

  test('refuses a repeated character and an end token that is not there', () => {
    const options = { tokens: ['a'], padToken: 'a', endToken: 'a', chatTemplate: '' };
    expect(() => characterTokenizerFiles({ ...options, characters: '11' })).toThrow('once');
    expect(() => characterTokenizerFiles({ ...options, characters: '1', endToken: 'b' })).toThrow(
      'needs "b" among the tokens',
    );
  });
});

describe('a chat format', () => {
  test('lays a conversation out for the model to answer', () => {
    expect(tokenizer.decode(chat.encodePrompt([user('1+1?')]))).toBe(
      '<|user|>1+1?<|end|><|assistant|>',
    );
  });

  test('prompt, sampled answer and continuation are together the whole conversation', () => {
    const before = [user('1+1?'), assistant('2')];
    const ids = [
      ...chat.encodePrompt(before.slice(0, 1)),
      ...chat.encodeCompletion('2'),
      ...chat.encodeContinuation(before, [user('2+2?')]),
    ];
    expect(ids).toEqual(chat.encodePrompt([...before, user('2+2?')]));
  });

  test('the stop token is no part of the answer', () => {
    expect(chat.decodeCompletion(chat.encodeCompletion('42'))).toBe('42');
    expect(chat.decodeCompletion(tokenizer.encode('42'))).toBe('42');
    expect(chat.stopIds).toEqual([3]);
  });

  test('a template that rewrites earlier turns is refused', () => {
    const rewriting = createChatFormat(
      files('{{ messages | length }}{% for m in messages %}{{ m.content }}<|end|>{% endfor %}'),
    );
    expect(() => rewriting.encodeContinuation([user('1'), assistant('2')], [user('3')])).toThrow(
      'leaves earlier turns as they were, got one that rewrites them: character 0 on was "1',
    );
  });

  test('a template that opens the answer otherwise than it writes it later is refused', () => {
    const thinking = createChatFormat(files(`${TURNS}{% if add_generation_prompt %}?{% endif %}`));
    expect(() => thinking.encodeContinuation([user('1'), assistant('2')], [user('3')])).toThrow(
      'was "?" and is "2<|end|>". Give createChatFormat a training template that only appends, as the option chatTemplate.',
    );
  });

  test('a template that does not end the answer is refused', () => {
    const endless = createChatFormat(
      files(
        '{% for m in messages %}{{ m.content }}{% if m.role == "user" %}<|end|>{% endif %}{% endfor %}',
      ),
    );
    expect(() => endless.encodeContinuation([user('1'), assistant('2')], [user('3')])).toThrow(
      'ends an answer with a stop token (<|end|>), got one that ends it with "1<|end|>2"',
    );
  });

  test('a template that trims what was sampled is continued behind what it makes of it', () => {
    const trimming = createChatFormat(files(TURNS.replace('m.content', '(m.content | trim)')));
    const before = [user('1'), assistant(' 2 ')];
    expect(tokenizer.decode(trimming.encodeContinuation(before, [user('3')]))).toBe(
      '<|user|>3<|end|><|assistant|>',
    );
  });

  test('a whole conversation is its turns, the answers and their stop tokens marked', () => {
    const { ids, mask } = chat.encodeConversation([
      user('1+1?'),
      assistant('2'),
      user('2+2?'),
      assistant('4'),
      user('?'),
    ]);
    expect(tokenizer.decode(ids.filter((_, t) => mask[t]))).toBe('2<|end|>4<|end|>');
    expect(tokenizer.decode(ids)).toBe(
      '<|user|>1+1?<|end|><|assistant|>2<|end|><|user|>2+2?<|end|><|assistant|>4<|end|><|user|>?<|end|>',
    );
    expect(chat.encodeConversation([user('1')]).mask).toEqual([false, false, false]);
    const rewriting = createChatFormat(
      files('{{ messages | length }}{% for m in messages %}{{ m.content }}<|end|>{% endfor %}'),
    );
    expect(() => rewriting.encodeConversation([user('1'), assistant('2')])).toThrow(
      'encodeConversation: needs a chat template that leaves earlier turns as they were',
    );
  });

  test('a template that refuses or fails is an error that names its file', () => {
    const refuse = "{{ raise_exception('roles must alternate') }}";
    const asking = [user('1')];
    expect(() => createChatFormat(files(refuse)).encodePrompt(asking)).toThrow(
      'got "roles must alternate" from chat_template of tokenizer_config.json',
    );
    const inFile = new Map(files(TURNS)).set('chat_template.jinja', '{{ messages | shuffled }}');
    expect(() => createChatFormat(inFile).encodePrompt(asking)).toThrow(
      ' from chat_template.jinja',
    );
    expect(() => createChatFormat(files('{% if %}'))).toThrow(
      /^createChatTemplate: needs a Jinja template, got .* in chat_template of tokenizer_config.json/,
    );
    const format = createChatFormat(files(TURNS), tokenizer, { chatTemplate: refuse });
    expect(() => format.encodePrompt(asking)).toThrow('from option chatTemplate');
  });

  test('variables reach the template, special tokens among them', () => {
    const format = createChatFormat(
      files('{{ eos_token }}{% if enable_thinking is false %}1{% endif %}'),
    );
    const ids = (variables: object) =>
      format.encodePrompt([user('1')], { variables: { ...variables } });
    expect(tokenizer.decode(ids({}))).toBe('<|end|>');
    expect(tokenizer.decode(ids({ enable_thinking: false }))).toBe('<|end|>1');
    expect(tokenizer.decode(ids({ eos_token: '<pad>' }))).toBe('<pad>');
  });

  test('a missing template or tokenizer says what to add', () => {
    const without = new Map(files(TURNS));
    without.set('tokenizer_config.json', '{}');
    expect(() => createChatFormat(without)).toThrow('needs a chat template');
    expect(() => createChatFormat(new Map())).toThrow('needs tokenizer.json');
    expect(() => createChatFormat(new Map([['tokenizer.json', '{']]))).toThrow(
      'needs JSON in tokenizer.json',
    );
  });
});

describe('several tokens that end a turn', () => {
  const read = (name: string) =>
    readFileSync(new URL(`../../fixtures/chatml-tokenizer/${name}`, import.meta.url), 'utf8');
  const chatMl = new Map(
    ['tokenizer.json', 'tokenizer_config.json'].map((name) => [name, read(name)]),
  );
  const generation = (ids: unknown) =>
    new Map(chatMl).set('generation_config.json', JSON.stringify({ eos_token_id: ids }));

  test('are those of both configurations, that of the tokenizer first and each once', () => {
    expect(createChatFormat(chatMl).stopIds).toEqual([2]);
    expect(createChatFormat(generation(0)).stopIds).toEqual([2, 0]);
    expect(createChatFormat(generation([0, 2, 1])).stopIds).toEqual([2, 0, 1]);
    expect(createChatFormat(generation(null)).stopIds).toEqual([2]);
  });

  test('are none of the answer, whichever was sampled', () => {
    const both = createChatFormat(generation([0, 2]));
    const answer = createTokenizer(chatMl).encode('Hello!');
    for (const stop of both.stopIds)
      expect(both.decodeCompletion([...answer, stop])).toBe('Hello!');
    expect(both.decodeCompletion([...answer, 1])).toBe('Hello!<|im_start|>');
    expect(both.encodeCompletion('Hello!')).toEqual([...answer, 2]);
  });

  test('may end the answer where the eos_token does not', () => {
    const other = generation([2]).set(
      'tokenizer_config.json',
      read('tokenizer_config.json').replace(
        '"eos_token": "<|im_end|>"',
        '"eos_token": "<|endoftext|>"',
      ),
    );
    const [first, second] = [user('Hi'), user('And now?')];
    const format = createChatFormat(other);
    expect(format.stopIds).toEqual([0, 2]);
    expect([
      ...format.encodePrompt([first]),
      ...createTokenizer(chatMl).encode('Hello!<|im_end|>'),
      ...format.encodeContinuation([first, assistant('Hello!')], [second]),
    ]).toEqual(format.encodePrompt([first, assistant('Hello!'), second]));
    other.delete('generation_config.json');
    expect(() =>
      createChatFormat(other).encodeContinuation([first, assistant('Hello!')], [second]),
    ).toThrow('Add the token that ends a turn to eos_token_id in generation_config.json');
  });

  test('must be ids', () => {
    expect(() => createChatFormat(generation('<|im_end|>'))).toThrow('got "<|im_end|>"');
    expect(() => createChatFormat(generation([2, -1]))).toThrow('got -1');
  });

  test('leave a conversation with tools whole from turn to turn', () => {
    const options = { tools: [{ type: 'function', function: { name: 'add' } }] };
    const format = createChatFormat(chatMl);
    const before = [user('1+1?'), assistant('2')];
    const ids = [
      ...format.encodePrompt(before.slice(0, 1), options),
      ...format.encodeCompletion('2'),
      ...format.encodeContinuation(before, [{ role: 'tool', content: '2' }], options),
    ];
    const after = [...before, { role: 'tool', content: '2' } as const];
    expect(ids).toEqual(format.encodePrompt(after, options));
    expect(createTokenizer(chatMl).decode(ids)).toContain('{"type": "function", "function": ');
  });

  test('take the template for tools where the folder names one', () => {
    const two = new Map(chatMl).set(
      'tokenizer_config.json',
      JSON.stringify({
        eos_token: '<|im_end|>',
        chat_template: [
          { name: 'default', template: 'plain' },
          { name: 'tool_use', template: '{{ tools | length }} tools' },
        ],
      }),
    );
    const format = createChatFormat(two);
    const decoded = (options: object) =>
      createTokenizer(two).decode(format.encodePrompt([user('Hi')], options));
    expect(decoded({})).toBe('plain');
    expect(decoded({ tools: [{ name: 'a' }, { name: 'b' }] })).toBe('2 tools');
  });
});

describe('a template that drops the thoughts of earlier turns', () => {
  const read = (name: string) =>
    readFileSync(new URL(`../../fixtures/chatml-tokenizer/${name}`, import.meta.url), 'utf8');
  const chatMl = new Map(
    ['tokenizer.json', 'tokenizer_config.json'].map((name) => [name, read(name)]),
  );
  // As Qwen3's: thoughts stay behind the last question of the user alone, and an answer without any gets empty ones.
  const THINKING =
    '{% set ns = namespace(question=-1) %}' +
    "{% for m in messages %}{% if m.role == 'user' %}{% set ns.question = loop.index0 %}{% endif %}{% endfor %}" +
    '{% for m in messages %}<|im_start|>{{ m.role }}\n' +
    "{% if m.role != 'assistant' %}{{ m.content }}" +
    "{% elif loop.index0 < ns.question or (not loop.last and '</think>' not in m.content) %}" +
    "{{ m.content.split('</think>')[-1].strip() }}" +
    "{% elif '</think>' in m.content %}{{ m.content }}" +
    '{% else %}<think></think>{{ m.content }}{% endif %}' +
    '<|im_end|>\n{% endfor %}' +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
  const TRAINING =
    '{% for m in messages %}<|im_start|>{{ m.role }}\n' +
    "{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}" +
    '{% else %}{{ m.content }}<|im_end|>{% endif %}\n{% endfor %}' +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
  const tokenizer = createTokenizer(chatMl);
  const folder = new Map(chatMl).set('chat_template.jinja', THINKING);
  const own = createChatFormat(folder);
  const training = createChatFormat(folder, tokenizer, { chatTemplate: TRAINING });
  const thought = assistant('<think>One and one.</think>2');
  const tool = { role: 'tool', content: 'two' } as const;
  const next = (format: typeof own, answer: typeof thought, added: typeof tool) =>
    tokenizer.decode(format.encodeContinuation([user('1+1?'), answer], [added]));

  test('is continued by a tool, after which the thoughts stay', () => {
    const asked = '\n<|im_start|>tool\ntwo<|im_end|>\n<|im_start|>assistant\n';
    expect(next(own, thought, tool)).toBe(asked);
    expect(next(own, assistant('2'), tool)).toBe(asked);
  });

  test('is continued by the user where nothing was thought, as it was sampled', () => {
    const before = [user('1+1?'), assistant('2')];
    expect(tokenizer.decode(own.encodeContinuation(before, [user('2+2?')]))).toBe(
      '\n<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  test('is refused where thoughts would go, and a training template is the way out', () => {
    const before = [user('1+1?'), thought];
    const added = [user('2+2?')];
    expect(() => own.encodeContinuation(before, added)).toThrow(
      /was "<think>One and one\.<" and is "2<\|im_end\|>.*as the option chatTemplate\.$/,
    );
    const ids = [
      ...training.encodePrompt(before.slice(0, 1)),
      ...training.encodeCompletion(thought.content),
      ...training.encodeContinuation(before, added),
    ];
    expect(ids).toEqual(training.encodePrompt([...before, ...added]));
  });

  test('has all answers in the mask of a training template, thoughts included', () => {
    const messages = [user('1+1?'), thought, user('2+2?'), assistant('4')];
    expect(() => own.encodeConversation(messages)).toThrow('encodeConversation: needs a chat');
    const { ids, mask } = training.encodeConversation(messages);
    expect(tokenizer.decode(ids.filter((_, t) => mask[t]))).toBe(
      `${thought.content}<|im_end|>4<|im_end|>`,
    );
  });
});
