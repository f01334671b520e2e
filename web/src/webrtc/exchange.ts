// The HTTP half of WHIP (RFC 9725) and WHEP: an SDP offer is posted, the answer and the address of the session
// come back, and a DELETE ends it. Knows fetch; refuses to know what the session carries.

export type Answer =
  | { readonly ok: true; readonly sdp: string; readonly resource: string | null }
  /** `status` 0: the server did not answer. */
  | { readonly ok: false; readonly status: number };

/** Milliseconds before a silent server counts as unreachable. */
const DEADLINE_MS = 10_000;
/** Milliseconds that the search for own network addresses may take; servers learn them from the checks anyway. */
const GATHER_MS = 300;

export async function post(
  url: string,
  sdp: string,
  token: string | null,
  signal: AbortSignal,
): Promise<Answer> {
  const headers: Record<string, string> = { 'Content-Type': 'application/sdp' };
  if (token !== null) headers['Authorization'] = `Bearer ${token}`;
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    const reply = await fetch(url, {
      method: 'POST',
      headers,
      body: sdp,
      cache: 'no-store',
      signal: deadline,
    });
    if (!reply.ok) return { ok: false, status: reply.status };
    const text = await reply.text();
    const location = reply.headers.get('Location');
    return { ok: true, sdp: text, resource: location === null ? null : new URL(location, reply.url).href };
  } catch {
    return { ok: false, status: 0 };
  }
}

/** Ends a session; also while the page is being left. Nothing waits for it: the server ends silent ones itself. */
export function end(resource: string, token: string | null): void {
  const headers: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` };
  fetch(resource, { method: 'DELETE', headers, keepalive: true }).catch(() => undefined);
}

/** Makes the local offer and answers it with the addresses found in a short time. */
export async function offerOf(pc: RTCPeerConnection, change: (sdp: string) => string): Promise<string> {
  const offer = await pc.createOffer();
  await pc.setLocalDescription({ type: 'offer', sdp: change(offer.sdp ?? '') });
  if (pc.iceGatheringState !== 'complete') {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      pc.addEventListener('icegatheringstatechange', () => {
        if (pc.iceGatheringState !== 'complete') return;
        clearTimeout(timer);
        resolve();
      });
    });
  }
  return pc.localDescription?.sdp ?? '';
}
