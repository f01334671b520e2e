// What the session shows to the page at one moment. A type only.

import type { Distance } from './edge.ts';
import type { State } from './state.ts';

/** `held`: the viewer paused, or the browser refused to start without a touch. `behind`: off the live edge. */
export interface Snapshot {
  readonly state: State;
  readonly held: boolean;
  readonly distance: Distance | null;
  readonly behind: boolean;
}
