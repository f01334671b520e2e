// The life of WebRTC playback as a pure reducer: (state, event) -> (state, order). Knows neither connections nor
// time. A quiet room keeps its connection open: the picture of the next publisher comes on it.

import type { Show } from '../state.ts';
import type { Verdict } from './flow.ts';

/** `attempt` counts tries since the last picture. */
export interface State {
  readonly show: Show;
  readonly attempt: number;
}

export type Event =
  /** The offer was not taken; `status` 0: the server did not answer. */
  | { readonly type: 'refused'; readonly status: number }
  | { readonly type: 'flow'; readonly verdict: Verdict; readonly moved: boolean }
  | { readonly type: 'again' };

/** `bar`: tell the player, and open again later in case that it stays with WebRTC. */
export type Order = 'none' | 'open' | 'open-later' | 'bar' | 'close';

export const START: State = { show: { phase: 'connecting' }, attempt: 0 };

/** Answers of a failing or starting server that are taken for its absence before HLS is asked. */
const MAX_ATTEMPTS = 2;

export function next(state: State, event: Event): readonly [State, Order] {
  switch (event.type) {
    case 'refused':
      return refused(state, event.status);
    case 'flow':
      return flowed(state, event.verdict, event.moved);
    case 'again':
      return state.show.phase === 'live' ? [state, 'none'] : [START, 'open'];
  }
}

function refused(state: State, status: number): readonly [State, Order] {
  if (status === 401 || status === 403) {
    return [{ show: { phase: 'error', fault: 'forbidden' }, attempt: 0 }, 'close'];
  }
  const absent = status === 0 || status === 429 || (status >= 500 && state.attempt < MAX_ATTEMPTS);
  return absent ? wait(state, 'unreachable', 'open-later') : wait(state, 'stalled', 'bar');
}

function flowed(state: State, verdict: Verdict, moved: boolean): readonly [State, Order] {
  switch (verdict) {
    case 'opening':
    case 'undecided':
      return [state, 'none'];
    case 'moving':
      return state.show.phase === 'live'
        ? [state, 'none']
        : [{ show: { phase: 'live' }, attempt: 0 }, 'none'];
    case 'quiet':
      return [{ ...state, show: { phase: 'waiting', gap: moved ? 'stalled' : 'missing' } }, 'none'];
    case 'lost':
      return wait(state, 'stalled', 'open-later');
    case 'barred':
      return wait(state, 'stalled', 'bar');
  }
}

function wait(state: State, gap: 'stalled' | 'unreachable', order: Order): readonly [State, Order] {
  return [{ show: { phase: 'waiting', gap }, attempt: state.attempt + 1 }, order];
}
