// Where the viewer is against the live edge. Pure: reads three figures, answers what to do.
//
// A viewer who never paused follows the show and is brought back when more than three target durations behind
// it. One who paused chose an own place: nothing moves it but the "go live" button.

/** Distances in seconds, measured from the end of the playlist. */
export interface Distance {
  readonly latency: number;
  /** Where the engine aims to play: the server's (part) hold-back, or two target durations. */
  readonly aim: number;
  readonly targetDuration: number;
}

export interface Judgement {
  /** Far enough behind for a "go live" button to make sense. */
  readonly behind: boolean;
  /** Jump to the live edge now. */
  readonly jump: boolean;
}

/** Most target durations that a following viewer may be behind. */
export const MOST_TARGETS = 3;

export function judge(distance: Distance, following: boolean): Judgement {
  const { latency, aim, targetDuration } = distance;
  if (!(targetDuration > 0) || !Number.isFinite(latency)) return { behind: false, jump: false };
  // A server that asks for a hold-back of three targets or more must not cause a jump at each look.
  const limit = Math.max(MOST_TARGETS * targetDuration, aim + targetDuration / 2);
  const behind = latency > limit;
  return { behind, jump: behind && following };
}

/** The viewer's place in the show: held by a pause, left behind after one, or following the live edge. */
export class Place {
  #held = false;
  #following = true;

  get held(): boolean {
    return this.#held;
  }

  hold(): void {
    this.#held = true;
    this.#following = false;
  }

  /** Plays on from where it was held. */
  release(): void {
    this.#held = false;
  }

  /** The viewer wants the live moment again. */
  follow(): void {
    this.#following = true;
  }

  /** A viewer who is near the edge again follows it again; `null` while the distance is unknown. */
  judge(distance: Distance | null): Judgement {
    if (distance === null) return { behind: false, jump: false };
    const judgement = judge(distance, this.#following && !this.#held);
    if (!judgement.behind && !this.#held) this.#following = true;
    return judgement;
  }
}
