// Tells a moving picture from a stuck one out of playback positions. Pure: time and positions are arguments.

/** Milliseconds without advance before a picture that was moving counts as stuck. */
export const STUCK_MS = 2500;
/** Milliseconds that a freshly started engine gets for its first picture. */
export const FIRST_PICTURE_MS = 12000;

/** One look at the video element; `position` in seconds, `at` in milliseconds of any steady clock. */
export interface Sample {
  readonly at: number;
  readonly position: number;
  /** The viewer paused: standing still is right. */
  readonly held: boolean;
  /** There is a picture to show at this position. */
  readonly pictured: boolean;
}

export type Verdict = 'moving' | 'stuck' | 'undecided';

/** Follows one run of an engine; make a new one for each run. */
export class Motion {
  #position: number | null = null;
  #advancedAt: number;
  #moved = false;

  constructor(startedAt: number) {
    this.#advancedAt = startedAt;
  }

  observe(sample: Sample): Verdict {
    if (sample.held) {
      this.#advancedAt = sample.at;
      this.#position = sample.position;
      return sample.pictured ? 'moving' : 'undecided';
    }
    const before = this.#position;
    this.#position = sample.position;
    // The first position is a seek to the live edge, not playback; and so is any step with nothing to show.
    if (before !== null && sample.position > before && sample.pictured) {
      this.#advancedAt = sample.at;
      this.#moved = true;
      return 'moving';
    }
    const limit = this.#moved ? STUCK_MS : FIRST_PICTURE_MS;
    return sample.at - this.#advancedAt >= limit ? 'stuck' : 'undecided';
  }
}
