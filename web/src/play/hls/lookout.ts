// When and what the session looks for: owns the pause before a look, the look under way, and the playlist text
// that the next look of a stalled stream is compared with. At most one look is pending at any time.

import { type Address, masterUrl, streamUrl } from '../address.ts';
import { pauseBefore } from '../backoff.ts';
import { look } from './probe.ts';
import type { Finding } from './state.ts';

export class Lookout {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #looking: AbortController | null = null;
  #playlist: string | null = null;

  constructor(
    private readonly address: Address,
    private readonly report: (finding: Finding) => void,
  ) {}

  /** A look is under way or will be. */
  get pending(): boolean {
    return this.#timer !== null || this.#looking !== null;
  }

  now(): void {
    this.cancel();
    void this.#look();
  }

  /** Looks after the pause that belongs to `attempt`. */
  later(attempt: number): void {
    this.cancel();
    this.#timer = setTimeout(() => this.now(), pauseBefore(attempt, Math.random()));
  }

  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#looking?.abort();
    this.#looking = null;
  }

  /** The picture moves: the next gap starts without a playlist to compare with. */
  forget(): void {
    this.#playlist = null;
  }

  async #look(): Promise<void> {
    const control = new AbortController();
    this.#looking = control;
    const at = (url: string): string => streamUrl(url, this.address, location.origin);
    const result = await look(masterUrl(this.address), this.#playlist, at, control.signal);
    // Overtaken by a picture or a newer look.
    if (this.#looking !== control) return;
    this.#looking = null;
    this.#playlist = result.text ?? this.#playlist;
    this.report(result.finding);
  }
}
