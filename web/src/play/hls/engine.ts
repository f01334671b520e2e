// What the session expects of a playback engine. There are two: hls.js over Media Source Extensions, and the
// browser's own HLS (Safari on phones). Refuses to know either.

import type { Fault, Gap } from '../state.ts';
import type { Distance } from './edge.ts';

/** What an engine reports by itself; moving or stuck pictures are judged from the video element instead. */
export interface Listener {
  broke(gap: Gap): void;
  gaveUp(fault: Fault): void;
}

export interface Engine {
  /** How far behind the live edge playback is, or null while unknown. */
  distance(): Distance | null;
  /** Moves playback to the live edge. */
  goLive(): void;
  /** Lets go of the video element; the engine is not used again. */
  stop(): void;
}

/** Starts an engine on a master playlist. */
export type StartEngine = (video: HTMLVideoElement, master: string, listener: Listener) => Engine;
