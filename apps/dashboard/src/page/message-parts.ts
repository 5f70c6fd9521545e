/** A part of what a model or a tool said. */
export interface MessagePart {
  readonly kind: 'text' | 'tool-call' | 'thought';
  readonly text: string;
}

const MARKED = /<(tool_call|think)>([\s\S]*?)(?:<\/\1>|$)/g;

/** Divides a message at the marks that models set around tool calls and thoughts. JSON of a call is laid out. */
export function messageParts(content: string): MessagePart[] {
  const parts: MessagePart[] = [];
  let at = 0;
  const text = (end: number) => {
    const between = content.slice(at, end);
    if (between.trim() !== '') parts.push({ kind: 'text', text: between });
  };
  for (const match of content.matchAll(MARKED)) {
    text(match.index);
    const [all, tag, inner] = match;
    parts.push(
      tag === 'think'
        ? { kind: 'thought', text: inner.trim() }
        : { kind: 'tool-call', text: laidOut(inner.trim()) },
    );
    at = match.index + all.length;
  }
  text(content.length);
  return parts.length > 0 ? parts : [{ kind: 'text', text: content }];
}

function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // a model may write anything
  }
}
