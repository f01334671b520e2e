// The room's messages, as text on the WebSocket: what is read and what is sent. Pure. Whatever does not fit is
// ignored, so that a newer server can say more.

export interface Hello {
  readonly chat: boolean;
  readonly reactions: boolean;
  readonly viewers: boolean;
}

export interface Chat {
  readonly id: string;
  readonly sender: string;
  readonly body: string;
  /** Milliseconds since 1970; null when the sender gave none. */
  readonly at: number | null;
}

export type Message =
  | { readonly topic: 'hello'; readonly hello: Hello }
  | { readonly topic: 'viewers'; readonly count: number }
  | { readonly topic: 'chat'; readonly chat: Chat }
  | { readonly topic: 'reaction'; readonly emoji: string }
  /** The server did not pass on what this viewer sent. */
  | { readonly topic: 'error'; readonly message: string };

/** Characters of a chat line; longer ones are cut when read and not taken when written. */
export const LONGEST_BODY = 1000;
const LONGEST_NAME = 60;
/** One emoji may be many code units: families, flags, skin tones. */
const LONGEST_EMOJI = 32;

export function readMessage(text: string): Message | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Record<string, unknown>;
  switch (fields['topic']) {
    case 'hello':
      return { topic: 'hello', hello: helloOf(fields) };
    case 'viewers': {
      const count = fields['count'];
      return Number.isSafeInteger(count) && (count as number) >= 0
        ? { topic: 'viewers', count: count as number }
        : null;
    }
    case 'chat':
      return chatOf(fields);
    case 'reaction': {
      const emoji = word(fields['emoji'], LONGEST_EMOJI);
      return emoji === '' ? null : { topic: 'reaction', emoji };
    }
    case 'error':
      return { topic: 'error', message: refusalOf(fields['code']) };
    default:
      return null;
  }
}

export function writeChat(id: string, sender: string, body: string, at: number): string {
  return JSON.stringify({ topic: 'chat', id, sender, body: body.slice(0, LONGEST_BODY), ts: at });
}

export function writeReaction(id: string, sender: string, emoji: string, at: number): string {
  return JSON.stringify({ topic: 'reaction', id, emoji, sender, ts: at });
}

function helloOf(fields: Record<string, unknown>): Hello {
  return {
    chat: fields['chat'] === true,
    reactions: fields['reactions'] === true,
    viewers: fields['viewers'] !== false,
  };
}

function refusalOf(code: unknown): string {
  if (code === 'rate_limited') return 'Too many messages at once. Wait a moment.';
  if (code === 'too_large') return 'The message is too long.';
  if (code === 'disabled') return 'You may not write here.';
  return 'The message was not sent.';
}

function chatOf(fields: Record<string, unknown>): Message | null {
  const body = word(fields['body'], LONGEST_BODY);
  if (body === '') return null;
  const id = word(fields['id'], 120);
  const sender = word(fields['sender'], LONGEST_NAME) || 'Guest';
  const { ts } = fields;
  const at = typeof ts === 'number' ? ts : typeof ts === 'string' ? Date.parse(ts) : Number.NaN;
  return { topic: 'chat', chat: { id, sender, body, at: Number.isFinite(at) ? at : null } };
}

function word(value: unknown, longest: number): string {
  return typeof value === 'string' ? value.trim().slice(0, longest) : '';
}
