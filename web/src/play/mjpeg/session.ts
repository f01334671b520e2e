// A camera's JPEG frames as they are, in an <img> on one endless reply. The element tells of the first frame and of
// a refusal only; whether the camera is still on air is asked elsewhere (camera.ts) and told by `again`.

import { type Address, mjpegUrl } from '../address.ts';
import type { Show } from '../state.ts';
import type { Listener, Transport } from '../transport.ts';

/** Milliseconds before a failed or empty reply is asked for again. */
const RETRY_MS = 8000;
/** Milliseconds between two looks at the element. */
const TICK_MS = 250;

export class MjpegSession implements Transport {
  #show: Show = { phase: 'connecting' };
  #ticker: ReturnType<typeof setInterval> | undefined;
  #askedAt = 0;

  constructor(
    private readonly image: HTMLImageElement,
    private readonly address: Address,
    private readonly listener: Listener,
  ) {}

  begin(): void {
    this.image.addEventListener('error', this.#failed);
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#ask();
  }

  stop(): void {
    clearInterval(this.#ticker);
    this.image.removeEventListener('error', this.#failed);
    this.image.removeAttribute('src');
  }

  again(): void {
    this.#say({ phase: 'connecting' });
    this.#ask();
  }

  /** The element would not tell. */
  doubt(): void {
    this.again();
  }

  /** Frames of the moment cannot be held. */
  togglePause(): void {}

  goLive(): void {}

  #ask(): void {
    this.#askedAt = performance.now();
    this.image.src = mjpegUrl(this.address, Date.now());
  }

  #tick(): void {
    if (this.image.naturalWidth > 0) this.#say({ phase: 'live' });
    else if (performance.now() - this.#askedAt >= RETRY_MS) {
      this.#say({ phase: 'waiting', gap: 'missing' });
      this.#ask();
    }
  }

  readonly #failed = (): void => this.#say({ phase: 'waiting', gap: 'unreachable' });

  #say(show: Show): void {
    if (this.#show.phase === show.phase && show.phase !== 'waiting') return;
    this.#show = show;
    this.listener.show({ show, held: false, behind: false, distance: null, soundOnly: false });
  }
}
