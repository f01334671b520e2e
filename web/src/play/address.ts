// Where the page stands and what it plays: reads app and room from `/play/{app}/{room}` and builds the
// addresses of the stream. Knows URLs only; refuses to know how anything is fetched or played.

/** What the page's own address asks for. `token` is passed on to every stream request, unread. */
export interface Address {
  readonly app: string;
  readonly room: string;
  readonly token: string | null;
}

/** Names the server hands out; anything else in the path is a mistyped link, not a stream to wait for. */
const NAME = /^[A-Za-z0-9._-]{1,160}$/;

/** Reads the page address, or answers null when it names no stream. */
export function parseAddress(pathname: string, search: string): Address | null {
  const parts = pathname.split('/').filter((part) => part !== '');
  const [head, app, room, ...rest] = parts;
  if (head !== 'play' || app === undefined || room === undefined || rest.length > 0) return null;
  if (!isName(app) || !isName(room)) return null;
  const token = new URLSearchParams(search).get('token');
  return { app, room, token: token === '' ? null : token };
}

/** The master playlist of a room, token included. */
export function masterUrl(address: Address): string {
  const path = `/hls/${address.app}/${address.room}/master.m3u8`;
  return address.token === null ? path : `${path}?token=${encodeURIComponent(address.token)}`;
}

/**
 * Adds the token to a request of the stream (variant playlists and segments do not inherit the query of the
 * master). Other origins never see it, and a URL that brings its own token keeps it.
 * Throws a TypeError for what is no URL.
 */
export function withToken(url: string, token: string | null, origin: string): string {
  if (token === null) return url;
  const target = new URL(url, origin);
  if (target.origin !== new URL(origin).origin || target.searchParams.has('token')) return url;
  target.searchParams.set('token', token);
  return target.href;
}

/** `.` and `..` fit the pattern but are path steps: they would be resolved away before the request leaves. */
function isName(part: string): boolean {
  return NAME.test(part) && part !== '.' && part !== '..';
}
