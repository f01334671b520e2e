// WebRTC as a way to get the picture (WHEP): the only owner of its state, its connection and the pause before the
// next one. Feeds the reducer with what the counters tell and carries out its orders.

import { type Address, whepUrl } from '../address.ts';
import { pauseBefore } from '../backoff.ts';
import { viewerToken } from '../credential.ts';
import type { Listener, Transport } from '../transport.ts';
import { Flow } from './flow.ts';
import { Link } from './link.ts';
import { Rescue } from './rescue.ts';
import { type Event, next, type Order, START, type State } from './state.ts';

/** Milliseconds between two looks at the counters. */
const TICK_MS = 250;
/** Milliseconds for which a doubt about the connection lasts. */
const DOUBT_MS = 10_000;

export class WhepSession implements Transport {
  #state: State = START;
  #link: Link | null = null;
  #flow: Flow | null = null;
  #held = false;
  #sampling = false;
  #stopped = false;
  #doubtedAt = Number.NEGATIVE_INFINITY;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #rescue: Rescue;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly address: Address,
    private readonly audioOnly: boolean,
    private readonly listener: Listener,
  ) {
    this.#rescue = new Rescue(address, () => {
      // A connection that brought something before is dead; one that never did is of no use here.
      const moved = this.#flow?.moved ?? false;
      this.#take({ type: 'flow', verdict: moved ? 'lost' : 'barred', moved });
    });
  }

  begin(): void {
    this.#carryOut('open');
    this.#ticker = setInterval(() => void this.#tick(), TICK_MS);
    // Else the server keeps the viewer until its own deadline.
    window.addEventListener('pagehide', this.#close);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#ticker);
    clearTimeout(this.#timer);
    window.removeEventListener('pagehide', this.#close);
    this.#close();
  }

  again(): void {
    this.#take({ type: 'again' });
  }

  /** A server that was killed says nothing here for many seconds; silence soon after a doubt is enough. */
  doubt(): void {
    this.#doubtedAt = performance.now();
  }

  togglePause(): void {
    if (this.#state.show.phase !== 'live') return;
    if (this.#held) this.#play();
    else {
      this.#held = true;
      this.video.pause();
    }
    this.#publish();
  }

  /** Playing a held picture on is always the live moment. */
  goLive(): void {
    if (this.#held) this.togglePause();
  }

  async #tick(): Promise<void> {
    const link = this.#link;
    const flow = this.#flow;
    if (link === null || flow === null || this.#sampling) return;
    // Paused by a media key, a headset or the system: the same as by our button.
    if (this.#state.show.phase === 'live' && this.video.paused && this.video.readyState >= 2)
      this.#held = true;
    this.#sampling = true;
    const sample = await link.sample();
    this.#sampling = false;
    // Replaced while the counters were read.
    if (this.#link !== link || this.#flow !== flow) return;
    const seen = flow.observe(sample);
    const doubted = sample.at - this.#doubtedAt < DOUBT_MS;
    const verdict = seen === 'quiet' && doubted ? 'lost' : seen;
    if (verdict === 'moving') this.#rescue.stop();
    if (verdict === 'quiet' && !this.audioOnly) this.#rescue.watch();
    this.#take({ type: 'flow', verdict, moved: flow.moved });
    this.#publish();
  }

  #take(event: Event): void {
    if (this.#stopped) return;
    const [state, order] = next(this.#state, event);
    this.#state = state;
    this.#carryOut(order);
  }

  #carryOut(order: Order): void {
    if (order === 'none') return;
    this.#close();
    clearTimeout(this.#timer);
    if (order === 'open') void this.#open();
    if (order === 'open-later' || order === 'bar') {
      this.#timer = setTimeout(() => void this.#open(), pauseBefore(this.#state.attempt, Math.random()));
    }
    this.#publish();
    if (order === 'bar') this.listener.barred();
  }

  async #open(): Promise<void> {
    this.#doubtedAt = Number.NEGATIVE_INFINITY;
    const link = new Link(this.video, this.audioOnly);
    this.#link = link;
    const answer = await link
      .open(whepUrl(this.address), viewerToken(this.address))
      // What the browser cannot read or offer, HLS may still bring.
      .catch(() => ({ ok: false, status: 406 }));
    if (this.#link !== link) return;
    if (!answer.ok) {
      this.#take({ type: 'refused', status: answer.status });
      return;
    }
    this.#flow = new Flow(performance.now());
    if (!this.#held) this.#play();
  }

  readonly #close = (): void => {
    this.#rescue.stop();
    this.#link?.close();
    this.#link = null;
    this.#flow = null;
  };

  #play(): void {
    this.#held = false;
    this.video.play().catch((refusal: unknown) => {
      // Only a refusal needs the viewer; an aborted start means that a newer one is under way.
      if (refusal instanceof DOMException && refusal.name === 'NotAllowedError') this.#held = true;
    });
  }

  #publish(): void {
    const { show } = this.#state;
    const soundOnly = this.audioOnly || (show.phase === 'live' && (this.#flow?.soundOnly ?? false));
    if (!this.#stopped) {
      this.listener.show({ show, held: this.#held, behind: false, distance: null, soundOnly });
    }
  }
}
