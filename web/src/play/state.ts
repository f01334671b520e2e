// The life of the player as a pure reducer: (state, event) -> (state, order). It picks the way the picture comes
// and falls back from one to the next; what each way says about itself is kept and shown. Knows neither the page
// nor the network; time is an argument. `player.ts` feeds it and carries its orders out.
//
//   look for a camera ──► mjpeg      while a JPEG camera is on air, and some looks longer
//          └────────────► whep ──►  hls   where WebRTC does not get through; tried again later

/** The ways a picture comes: WebRTC, HLS, a camera's JPEG frames as they are. */
export type Via = 'whep' | 'hls' | 'mjpeg';
/** Why the player waits. */
export type Gap = 'missing' | 'ended' | 'stalled' | 'unreachable';
/** Why the player gave up. */
export type Fault = 'address' | 'unknown' | 'forbidden' | 'unsupported' | 'undecodable';

/** What the viewer is told. `waiting` never gives up by itself; only `error` needs the viewer. */
export type Show =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  | { readonly phase: 'waiting'; readonly gap: Gap }
  | { readonly phase: 'error'; readonly fault: Fault };

/** What the address forces and what the browser can do. */
export interface Means {
  readonly forced: Via | null;
  readonly whep: boolean;
  readonly hls: boolean;
}

export interface State {
  /** Null until the first look for a camera is back. */
  readonly via: Via | null;
  /** The last word of the way in use. */
  readonly said: Show;
  /** Looks in a row that found no camera while its frames are what is shown. */
  readonly away: number;
  /** WebRTC is left alone until this time (milliseconds of any steady clock). */
  readonly whepFrom: number;
}

export type Event =
  /** A look for a JPEG camera is back; null: the server did not answer. */
  | { readonly type: 'looked'; readonly camera: boolean | null }
  | { readonly type: 'said'; readonly show: Show }
  /** The way in use cannot carry this stream here, though another might. */
  | { readonly type: 'barred' }
  /** The server has no such app. */
  | { readonly type: 'unknown' }
  /** The viewer asked to try again, or the network came back. */
  | { readonly type: 'again' };

/** What the player does next; `start` replaces the way in use by `state.via`, `poke` has it try at once. */
export type Order = 'none' | 'look' | 'start' | 'poke';

/** Looks without a camera before another kind of publisher is waited for. */
export const AWAY_LOOKS = 6;
/** Milliseconds that HLS serves before WebRTC gets another chance in the next gap of the stream. */
export const WHEP_REST_MS = 60_000;

export const START: State = { via: null, said: { phase: 'connecting' }, away: 0, whepFrom: 0 };

export function next(state: State, event: Event, means: Means, at: number): readonly [State, Order] {
  switch (event.type) {
    case 'looked':
      return looked(state, event.camera, means, at);
    case 'said':
      return said({ ...state, said: event.show }, means, at);
    case 'barred':
      if (means.forced !== null || state.via !== 'whep') return [state, 'none'];
      return start({ ...state, whepFrom: at + WHEP_REST_MS }, means.hls ? 'hls' : 'whep');
    case 'unknown':
      return [{ ...state, said: { phase: 'error', fault: 'unknown' } }, 'none'];
    case 'again':
      if (state.said.phase === 'error') return [START, 'look'];
      return state.said.phase === 'waiting' ? [state, 'poke'] : [state, 'none'];
  }
}

/** What the viewer is told: an open connection to a camera that went away is not live. */
export function shown(state: State): Show {
  const gone = state.via === 'mjpeg' && state.away > 0 && state.said.phase !== 'error';
  return gone ? { phase: 'waiting', gap: 'missing' } : state.said;
}

function looked(state: State, camera: boolean | null, means: Means, at: number): readonly [State, Order] {
  if (state.said.phase === 'error') return [state, 'none'];
  if (state.via === null) return start(state, means.forced ?? pick(camera === true, state, means, at));
  if (state.via !== 'mjpeg') {
    return camera === true && means.forced === null ? start(state, 'mjpeg') : [state, 'none'];
  }
  // A connection that was open while the camera or the server was away may be dead without knowing it.
  if (camera === true) return [{ ...state, away: 0 }, state.away > 0 ? 'poke' : 'none'];
  const away = state.away + 1;
  if (camera === null || means.forced !== null || away < AWAY_LOOKS) return [{ ...state, away }, 'none'];
  return start(state, pick(false, state, means, at));
}

function said(state: State, means: Means, at: number): readonly [State, Order] {
  const rested = state.via === 'hls' && state.whepFrom > 0 && at >= state.whepFrom;
  if (rested && means.forced === null && state.said.phase === 'waiting') return start(state, 'whep');
  return [state, 'none'];
}

function pick(camera: boolean, state: State, means: Means, at: number): Via | null {
  if (camera) return 'mjpeg';
  if (means.whep && at >= state.whepFrom) return 'whep';
  return means.hls ? 'hls' : means.whep ? 'whep' : null;
}

function start(state: State, via: Via | null): readonly [State, Order] {
  const able = via !== null;
  const said: Show = able ? { phase: 'connecting' } : { phase: 'error', fault: 'unsupported' };
  return [{ ...state, via, said, away: 0 }, able ? 'start' : 'none'];
}
