// Where the page stands and what it plays: reads page kind, app and room from the path and wishes from the query,
// and builds the addresses of the stream. Knows URLs only; refuses to know how anything is fetched or played.

import type { Via } from './state.ts';

export type Page = 'play' | 'embed' | 'publish';

/** What the page's own address asks for. `token` is passed on to the server, unread. */
export interface Address {
  readonly page: Page;
  readonly app: string;
  readonly room: string;
  readonly token: string | null;
  /** Forced way to play, for support and tests. */
  readonly via: Via | null;
  /** One publisher of the room, by identity. */
  readonly stream: string | null;
  /** The room's publishers in one picture. */
  readonly layout: string | null;
}

/** Names the server hands out; anything else in the path is a mistyped link, not a stream to wait for. */
const NAME = /^[A-Za-z0-9._-]{1,160}$/;
const PAGES: readonly string[] = ['play', 'embed', 'publish'];
const WAYS: readonly string[] = ['whep', 'hls', 'mjpeg'];
const LAYOUTS: readonly string[] = ['grid', 'speaker', 'single'];

/** Reads the page address, or answers null when it names no stream. Unknown wishes are ignored. */
export function parseAddress(pathname: string, search: string): Address | null {
  const parts = pathname.split('/').filter((part) => part !== '');
  const [page, app, room, ...rest] = parts;
  if (page === undefined || app === undefined || room === undefined || rest.length > 0) return null;
  if (!PAGES.includes(page) || !isName(app) || !isName(room)) return null;
  const query = new URLSearchParams(search);
  const wish = (key: string): string | null => query.get(key) || null;
  const oneOf = (key: string, known: readonly string[]): string | null => {
    const value = wish(key);
    return value !== null && known.includes(value) ? value : null;
  };
  return {
    page: page as Page,
    app,
    room,
    token: wish('token'),
    via: oneOf('via', WAYS) as Via | null,
    stream: wish('stream'),
    layout: oneOf('layout', LAYOUTS),
  };
}

/** The master playlist of the room, with what every request of the stream needs. */
export function masterUrl(address: Address): string {
  return withQuery(`/hls/${path(address)}/master.m3u8`, { ...picks(address), token: address.token });
}

/** Where a WHEP offer is posted. The token is not in it: it travels in a header. */
export function whepUrl(address: Address): string {
  return withQuery(`/whep/${path(address)}`, picks(address));
}

/** Where a WHIP offer is posted; the token travels in a header. */
export function whipUrl(address: Address): string {
  return `/whip/${path(address)}`;
}

/** A camera's frames as one endless reply. `attempt` makes each try an address of its own, past every cache. */
export function mjpegUrl(address: Address, attempt: number): string {
  return withQuery(`/live/${path(address)}/mjpeg`, { token: address.token, t: String(attempt) });
}

/** The question whether a JPEG camera is on air in the room. */
export function cameraUrl(address: Address): string {
  return withQuery(`/api/v1/apps/${address.app}/ws-ingest/live/${address.room}`, { token: address.token });
}

/** What the server knows of app and room. */
export function aboutUrl(address: Address): string {
  return withQuery(`/live/${path(address)}/about`, { token: address.token });
}

/** Hands out a viewer's token where playback is public. */
export function playTokenUrl(address: Address): string {
  return `/api/v1/apps/${address.app}/play-token/${address.room}`;
}

/** The WebSocket of viewers, chat and reactions. `origin` is the page's, http or https. */
export function dataUrl(address: Address, origin: string): string {
  const { app, room, token } = address;
  return withQuery(`${origin.replace(/^http/, 'ws')}/live/data`, { app, room, token });
}

/**
 * Adds token and picks to a request of the stream (variant playlists and segments do not inherit the query of
 * the master). Other origins never see them, and a URL that brings its own values keeps them.
 * Throws a TypeError for what is no URL.
 */
export function streamUrl(url: string, address: Address, origin: string): string {
  const target = new URL(url, origin);
  if (target.origin !== new URL(origin).origin) return url;
  let changed = false;
  for (const [key, value] of Object.entries({ ...picks(address), token: address.token })) {
    if (value === null || target.searchParams.has(key)) continue;
    target.searchParams.set(key, value);
    changed = true;
  }
  return changed ? target.href : url;
}

/** Appends what has a value to an address without a query. */
export function withQuery(base: string, query: Readonly<Record<string, string | null>>): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== null);
  if (pairs.length === 0) return base;
  return `${base}?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}

function path(address: Address): string {
  return `${address.app}/${address.room}`;
}

function picks(address: Address): { stream: string | null; layout: string | null } {
  return { stream: address.stream, layout: address.layout };
}

/** `.` and `..` fit the pattern but are path steps: they would be resolved away before the request leaves. */
function isName(part: string): boolean {
  return NAME.test(part) && part !== '.' && part !== '..';
}
