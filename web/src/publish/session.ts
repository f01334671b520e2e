// One broadcast: the only owner of its state, its connection and the pause before the next one.

import { type Address, whipUrl } from '../play/address.ts';
import { pauseBefore } from '../play/backoff.ts';
import { Link } from './link.ts';
import { type Event, next, type Order, START, type State } from './state.ts';

export class Broadcast {
  #state: State = START;
  #link: Link | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly address: Address,
    private readonly tracks: () => readonly MediaStreamTrack[],
    private readonly show: (state: State) => void,
  ) {
    // Else the server keeps the room until its own deadline.
    window.addEventListener('pagehide', () => this.#link?.close());
  }

  get airing(): boolean {
    return this.#state.phase !== 'idle' && this.#state.phase !== 'error';
  }

  take(event: Event): void {
    const [state, order] = next(this.#state, event);
    this.#state = state;
    this.#carryOut(order);
    this.show(state);
  }

  /** The counters of what is being sent; null without a connection. */
  async counters(): Promise<RTCStatsReport | null> {
    return (await this.#link?.counters()) ?? null;
  }

  /** Another device was chosen: what was sent so far is replaced without a new connection. */
  async replace(track: MediaStreamTrack): Promise<void> {
    await this.#link?.replace(track);
  }

  #carryOut(order: Order): void {
    if (order === 'none') return;
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#link = null;
    if (order === 'open') void this.#open();
    if (order === 'open-later' && this.#state.phase === 'waiting') {
      this.#timer = setTimeout(() => void this.#open(), pauseBefore(this.#state.attempt, Math.random()));
    }
  }

  async #open(): Promise<void> {
    const link: Link = new Link(this.tracks(), this.address.token, {
      connected: () => this.#link === link && this.take({ type: 'connected' }),
      lost: () => this.#link === link && this.take({ type: 'lost' }),
    });
    this.#link = link;
    const answer = await link.open(whipUrl(this.address)).catch(() => ({ ok: false, status: 406 }));
    if (this.#link === link && !answer.ok) this.take({ type: 'refused', status: answer.status });
  }
}
