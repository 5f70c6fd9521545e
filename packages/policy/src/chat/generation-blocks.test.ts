import { describe, expect, test } from 'vitest';
import { createChatTemplate } from './chat-template.js';
import { generationBlocks } from './generation-blocks.js';

const rendered = (source: string, content: string) =>
  createChatTemplate(source).withSpans({
    messages: [{ role: 'assistant', content }],
    addGenerationPrompt: false,
  });
const inside = (source: string, content = 'x') => {
  const { text, spans } = rendered(source, content);
  return spans.map(({ start, end }) => text.slice(start, end));
};

describe('generation blocks', () => {
  test('tell what was written between them, and leave no trace in the text', () => {
    const source = 'a{% generation %}b{{ messages[0].content }}{% endgeneration %}c';
    expect(rendered(source, 'x')).toEqual({ text: 'abxc', spans: [{ start: 1, end: 3 }] });
    expect(
      inside('{% for i in [1, 2] %}{% generation %}{{ i }}{% endgeneration %},{% endfor %}'),
    ).toEqual(['1', '2']);
  });

  test('trim the space around them as the tags say', () => {
    expect(inside('a \n{%- generation -%} \n b \n{%- endgeneration -%}\n c')).toEqual(['b']);
    expect(inside('a \n{% generation %}\n b \n{% endgeneration %}\n c')).toEqual([' b \n']);
    expect(rendered('a \n  {%- generation -%} \n b \n {%- endgeneration -%}\n c', '').text).toBe(
      'abc',
    );
    expect(rendered('a \n  {% generation %}\n b \n {% endgeneration %}\n c', '').text).toBe(
      'a \n b \n c',
    );
  });

  test('are told apart from what messages and templates may say', () => {
    const words = '@generation<x@generation>@generation@<';
    expect(inside('{% generation %}{{ messages[0].content }}{% endgeneration %}', words)).toEqual([
      words,
    ]);
    expect(inside('@generation<{% generation %}y{% endgeneration %}')).toEqual(['y']);
  });

  test('are known to be there or not', () => {
    expect(generationBlocks('{% generation %}{% endgeneration %}').hasBlocks).toBe(true);
    expect(generationBlocks('{{ add_generation_prompt }}')).toMatchObject({
      hasBlocks: false,
      source: '{{ add_generation_prompt }}',
    });
  });
});
