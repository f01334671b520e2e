// The life of a browser's broadcast as a pure reducer: (state, event) -> (state, order). Knows neither devices nor
// connections; `session.ts` feeds it and carries its orders out.
//
//   idle ──► connecting ──► live          whoever went live stays on air: a lost connection is made anew
//    ▲            ▲           │           until stopped by hand, or refused for good
//    │            └─ waiting ◄┘
//    └─────────────────────────── error

/** Why a broadcast ended or never began. */
export type Fault =
  | 'address'
  | 'unknown'
  | 'insecure'
  | 'devices'
  | 'forbidden'
  | 'taken'
  | 'refused'
  | 'unsupported';

export type State =
  | { readonly phase: 'idle' }
  | { readonly phase: 'connecting'; readonly attempt: number }
  | { readonly phase: 'live' }
  | { readonly phase: 'waiting'; readonly attempt: number }
  | { readonly phase: 'error'; readonly fault: Fault };

export type Event =
  | { readonly type: 'go' }
  | { readonly type: 'stop' }
  | { readonly type: 'failed'; readonly fault: Fault }
  /** The offer was not taken; `status` 0: the server did not answer. */
  | { readonly type: 'refused'; readonly status: number }
  /** What the connection says of itself. */
  | { readonly type: 'connected' }
  | { readonly type: 'lost' };

export type Order = 'none' | 'open' | 'open-later' | 'close';

export const START: State = { phase: 'idle' };

export function next(state: State, event: Event): readonly [State, Order] {
  const airing = state.phase === 'connecting' || state.phase === 'live' || state.phase === 'waiting';
  switch (event.type) {
    case 'go':
      return airing ? [state, 'none'] : [{ phase: 'connecting', attempt: 0 }, 'open'];
    case 'stop':
      return airing ? [START, 'close'] : [state, 'none'];
    case 'failed':
      return [{ phase: 'error', fault: event.fault }, 'close'];
    case 'refused':
      return airing ? refused(attemptOf(state), event.status) : [state, 'none'];
    case 'connected':
      return airing ? [{ phase: 'live' }, 'none'] : [state, 'none'];
    case 'lost':
      return airing ? later(attemptOf(state)) : [state, 'none'];
  }
}

function refused(attempt: number, status: number): readonly [State, Order] {
  if (status === 401 || status === 403) return [{ phase: 'error', fault: 'forbidden' }, 'close'];
  if (status === 404) return [{ phase: 'error', fault: 'unknown' }, 'close'];
  // After a loss, whoever holds the place is most likely the own session that the server has not given up yet.
  if (status === 409 && attempt === 0) return [{ phase: 'error', fault: 'taken' }, 'close'];
  if (status === 0 || status === 409 || status === 429 || status >= 500) return later(attempt);
  return [{ phase: 'error', fault: 'refused' }, 'close'];
}

function later(attempt: number): readonly [State, Order] {
  return [{ phase: 'waiting', attempt: attempt + 1 }, 'open-later'];
}

function attemptOf(state: State): number {
  return 'attempt' in state ? state.attempt : 0;
}
