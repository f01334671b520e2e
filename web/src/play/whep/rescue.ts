// Asks HLS while WebRTC is connected and silent: a stream that goes on there without us is not an empty room.
// Owns the pause between two looks.

import { type Address, masterUrl, streamUrl } from '../address.ts';
import { look } from '../hls/probe.ts';

/** Milliseconds before a stream that was found is looked at again: it has to go on to count. */
const SOON_MS = 3000;
/** Milliseconds between looks at an empty room. */
const LATER_MS = 10_000;

export class Rescue {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #looking: AbortController | null = null;
  #playlist: string | null = null;

  /** `found`: HLS goes on. Called once, then the watch is over. */
  constructor(
    private readonly address: Address,
    private readonly found: () => void,
  ) {}

  /** Starts to look, unless it does already. */
  watch(): void {
    if (this.#timer === null && this.#looking === null) void this.#look();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#looking?.abort();
    this.#timer = null;
    this.#looking = null;
    this.#playlist = null;
  }

  async #look(): Promise<void> {
    this.#timer = null;
    const control = new AbortController();
    this.#looking = control;
    const at = (url: string): string => streamUrl(url, this.address, location.origin);
    const { finding, text } = await look(masterUrl(this.address), this.#playlist, at, control.signal);
    if (this.#looking !== control) return;
    this.#looking = null;
    if (finding === 'ready' && this.#playlist !== null) {
      this.stop();
      this.found();
      return;
    }
    this.#playlist = finding === 'ready' || finding === 'still' ? text : null;
    this.#timer = setTimeout(() => void this.#look(), finding === 'ready' ? SOON_MS : LATER_MS);
  }
}
