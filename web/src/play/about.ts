// Asks the server what it knows of app and room: display names, and whether there is such an app or room at all.
// Knows the answer's form only.

import { type Address, aboutUrl } from './address.ts';
import { unwrapped } from './credential.ts';

/** Milliseconds before a silent server counts as unreachable. */
const DEADLINE_MS = 4000;

export interface About {
  /** The app's display name. */
  readonly app: string;
  /** The publisher's display name, or the room's. */
  readonly room: string;
  /** Something is on air in the room, or is set up for it. */
  readonly known: boolean;
}

/** 'unknown': the server has no such app. Null: it does not tell, or cannot be reached. */
export async function about(address: Address): Promise<About | 'unknown' | null> {
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const reply = await fetch(aboutUrl(address), { cache: 'no-store', signal });
    const body: unknown = await reply.json();
    return reply.ok ? aboutOf(body) : isUnknown(reply.status, body) ? 'unknown' : null;
  } catch {
    return null;
  }
}

/** Reads `{data:{app,room,known}}` or the bare object. */
export function aboutOf(body: unknown): About | null {
  const told = unwrapped(body) as { app?: unknown; room?: unknown; known?: unknown } | null;
  if (typeof told?.app !== 'string' || typeof told.room !== 'string') return null;
  return { app: told.app, room: told.room, known: told.known !== false };
}

/** Only the server's own word counts: a proxy has a 404 of its own. */
export function isUnknown(status: number, body: unknown): boolean {
  const fault = (body as { error?: { code?: unknown } } | null)?.error;
  return status === 404 && fault?.code === 'unknown_room';
}

/** What a page calls itself: `Studio · Main camera`; one name where both are the same. */
export function titleOf({ app, room }: About): string {
  return app.toLowerCase() === room.toLowerCase() ? app : `${app} · ${room}`;
}
