// Looks at the playlists before an engine is started, so that a dead stream is not played again and again from
// its last seconds. Knows fetch and playlist text; refuses to know players and timers.

import type { Finding } from './state.ts';

/** What a look brought: the finding, and the media playlist's text to compare the next look with. */
export interface Look {
  readonly finding: Finding;
  readonly text: string | null;
}

/** Milliseconds before a silent server counts as unreachable. */
const DEADLINE_MS = 8000;

/** Address of the first media playlist named by a master, or null if the text is a media playlist itself. */
export function firstVariant(master: string): string | null {
  const lines = master.split(/\r?\n/).map((line) => line.trim());
  const tag = lines.findIndex((line) => line.startsWith('#EXT-X-STREAM-INF'));
  if (tag < 0) return null;
  return lines.slice(tag + 1).find((line) => line !== '' && !line.startsWith('#')) ?? null;
}

/** Judges a media playlist; `before` is its text at the last look of a stalled stream, else null. */
export function judgePlaylist(text: string, before: string | null): Finding {
  if (!text.startsWith('#EXTM3U')) return 'missing';
  if (text.includes('#EXT-X-ENDLIST')) return 'ended';
  if (!/^#EXT(INF|-X-PART):/m.test(text)) return 'missing';
  return text === before ? 'still' : 'ready';
}

/** Judges an HTTP status that carries no playlist. 401 and 403 do not heal by themselves, all else may. */
export function judgeStatus(status: number): Finding {
  if (status === 401 || status === 403) return 'forbidden';
  return status >= 500 || status === 429 ? 'unreachable' : 'missing';
}

/** Fetches master and first media playlist. `address` maps a URL to the one to request (adds the token). */
export async function look(
  master: string,
  before: string | null,
  address: (url: string) => string,
  signal: AbortSignal,
): Promise<Look> {
  const either = new AbortController();
  const abort = (): void => either.abort();
  const deadline = setTimeout(abort, DEADLINE_MS);
  signal.addEventListener('abort', abort);
  const options: RequestInit = { cache: 'no-store', signal: either.signal };
  try {
    const top = await fetch(address(master), options);
    if (!top.ok) return { finding: judgeStatus(top.status), text: null };
    const text = await top.text();
    const variant = firstVariant(text);
    if (variant === null) return { finding: judgePlaylist(text, before), text };
    const media = await fetch(address(new URL(variant, top.url).href), options);
    if (!media.ok) return { finding: judgeStatus(media.status), text: null };
    const list = await media.text();
    return { finding: judgePlaylist(list, before), text: list };
  } catch {
    return { finding: 'unreachable', text: null };
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', abort);
  }
}
