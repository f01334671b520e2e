// Asks the server whether a JPEG camera is on air in the room. Knows the API's answer only.

import { type Address, cameraUrl } from './address.ts';
import { unwrapped } from './credential.ts';

/** Milliseconds before a silent server counts as unreachable. */
const DEADLINE_MS = 4000;

/** True or false as the server says; null while it cannot be reached. A refusal means: no camera for us. */
export async function cameraOnAir(address: Address): Promise<boolean | null> {
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const reply = await fetch(cameraUrl(address), { cache: 'no-store', signal });
    if (reply.status >= 500) return null;
    return reply.ok && isCamera(await reply.json());
  } catch (fault) {
    // An answer that is no JSON is an answer: some other server's.
    return fault instanceof SyntaxError ? false : null;
  }
}

/** Reads `{data:{active,type}}` or the bare object. */
export function isCamera(body: unknown): boolean {
  const answer = unwrapped(body) as { active?: unknown; type?: unknown } | null;
  return answer?.active === true && answer.type === 'ws-mjpeg';
}
