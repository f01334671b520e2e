// The life of HLS playback as a pure reducer: (state, event) -> (state, order). Knows neither the page, nor time,
// nor the engine; `session.ts` feeds it and carries its orders out.
//
//   connecting ──► live ◄──► waiting        waiting never gives up: it looks again until the stream is there
//        │           │          │
//        └───────────┴──────────┴──► error  only what looking again cannot heal; the viewer may try again

import type { Fault, Gap } from '../state.ts';

/** What a look at the playlists found; `still` means the playlist has not changed since the last look. */
export type Finding = 'ready' | 'still' | 'missing' | 'ended' | 'unreachable' | 'forbidden';

/** `engine` tells whether a playback engine is attached; `attempt` counts looks since the last picture. */
export type State =
  | { readonly phase: 'connecting'; readonly engine: boolean; readonly attempt: number }
  | { readonly phase: 'live'; readonly engine: true; readonly attempt: 0 }
  | { readonly phase: 'waiting'; readonly gap: Gap; readonly engine: boolean; readonly attempt: number }
  | { readonly phase: 'error'; readonly fault: Fault; readonly engine: false; readonly attempt: 0 };

export type Event =
  | { readonly type: 'looked'; readonly finding: Finding }
  /** The picture advances. */
  | { readonly type: 'moving' }
  /** The picture should advance and does not; sent only while no look is pending. */
  | { readonly type: 'stuck' }
  /** The engine lost the stream and cannot go on by itself. */
  | { readonly type: 'broke'; readonly gap: Gap }
  | { readonly type: 'gave-up'; readonly fault: Fault }
  /** The viewer asked to try again. */
  | { readonly type: 'again' };

/** What the session does next; `look-later` pauses by `attempt`, `restart` builds the engine afresh. */
export type Order =
  | 'none'
  | 'look-now'
  | 'look-later'
  | 'stop-and-look-later'
  | 'restart'
  | 'settle'
  | 'stop';

/** Looks that a stalled engine gets to recover by itself before it is rebuilt. */
export const MAX_ATTEMPTS = 3;

export const START: State = { phase: 'connecting', engine: false, attempt: 0 };

export function next(state: State, event: Event): readonly [State, Order] {
  if (event.type === 'gave-up') return fail(event.fault);
  if (state.phase === 'error') return event.type === 'again' ? [START, 'look-now'] : [state, 'none'];
  switch (event.type) {
    case 'moving':
      if (!state.engine || state.phase === 'live') return [state, 'none'];
      return [{ phase: 'live', engine: true, attempt: 0 }, 'settle'];
    case 'stuck':
      return state.engine ? wait(state, 'stalled', true) : [state, 'none'];
    case 'broke':
      return wait(state, event.gap, false);
    case 'again':
      return state.phase === 'waiting' ? [state, 'look-now'] : [state, 'none'];
    case 'looked':
      return looked(state, event.finding);
  }
}

function looked(state: State, finding: Finding): readonly [State, Order] {
  // A picture that came back while the look was under way needs no verdict any more.
  if (state.phase === 'live' || state.phase === 'error') return [state, 'none'];
  switch (finding) {
    case 'forbidden':
      return fail('forbidden');
    case 'ready':
      if (state.engine && state.attempt < MAX_ATTEMPTS) return wait(state, 'stalled', true);
      return [{ ...state, engine: true, attempt: state.attempt + 1 }, 'restart'];
    case 'still':
      return wait(state, 'stalled', state.engine);
    case 'unreachable':
      return wait(state, 'unreachable', state.engine);
    case 'missing':
    case 'ended':
      return wait(state, finding, false);
  }
}

function wait(state: State, gap: Gap, engine: boolean): readonly [State, Order] {
  const order = state.engine && !engine ? 'stop-and-look-later' : 'look-later';
  return [{ phase: 'waiting', gap, engine, attempt: state.attempt + 1 }, order];
}

function fail(fault: Fault): readonly [State, Order] {
  return [{ phase: 'error', fault, engine: false, attempt: 0 }, 'stop'];
}
