// What the player expects of a way to get the picture. There are three: WebRTC (whep/), HLS (hls/) and a
// camera's JPEG frames (mjpeg/). Types only.

import type { Distance } from './hls/edge.ts';
import type { Show } from './state.ts';

/** `held`: the viewer paused, or the browser refused to start without a touch. `behind`: off the live edge. */
export interface Snapshot {
  readonly show: Show;
  readonly held: boolean;
  readonly behind: boolean;
  /** Distance from the live edge, null where it is unknown or too small to speak of. */
  readonly distance: Distance | null;
  /** There is sound and no picture. */
  readonly soundOnly: boolean;
}

export interface Listener {
  /** Told at each change, and a few times a second while playing. */
  show(snapshot: Snapshot): void;
  /** This way does not carry the stream here; it keeps trying until it is stopped. */
  barred(): void;
}

export interface Transport {
  begin(): void;
  /** Lets go of picture and connection; it is not used again. */
  stop(): void;
  /** Tries at once instead of after the pause; a running picture is left alone. */
  again(): void;
  /** Another connection to the server was cut: this one may be dead without knowing it. */
  doubt(): void;
  togglePause(): void;
  goLive(): void;
}
