// The token that opens the media doors: the page's own, else a viewer's token where playback is public.

import { type Address, playTokenUrl } from './address.ts';

/** Milliseconds after which an offer goes out without a token; the server says whether it needed one. */
const DEADLINE_MS = 4000;

/** Asked for each session anew, since a viewer's token expires. Null: there is none to be had. */
export async function viewerToken(address: Address): Promise<string | null> {
  if (address.token !== null) return address.token;
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const reply = await fetch(playTokenUrl(address), { cache: 'no-store', signal });
    if (!reply.ok) return null;
    return tokenOf(await reply.json());
  } catch {
    return null;
  }
}

/** Reads `{data:{token}}` or the bare object. */
export function tokenOf(body: unknown): string | null {
  const token = (unwrapped(body) as { token?: unknown } | null)?.token;
  return typeof token === 'string' && token !== '' ? token : null;
}

/** The content of an answer with or without the API's envelope. */
export function unwrapped(body: unknown): unknown {
  if (typeof body === 'object' && body !== null && 'data' in body) return body.data;
  return body;
}
