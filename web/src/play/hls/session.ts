// HLS as a way to get the picture: the only owner of its state and engine. Feeds the reducer with what the video
// element, the engine and the lookout tell, and carries out its orders. Refuses to know buttons and words.

import { type Address, masterUrl } from '../address.ts';
import type { Show } from '../state.ts';
import type { Listener, Transport } from '../transport.ts';
import { Place } from './edge.ts';
import type { Engine, StartEngine } from './engine.ts';
import { Lookout } from './lookout.ts';
import { Motion } from './motion.ts';
import { type Event, next, type Order, START, type State } from './state.ts';

/** Milliseconds between two looks at the video element. */
const TICK_MS = 250;

export class HlsSession implements Transport {
  #state: State = START;
  #engine: Engine | null = null;
  #motion = new Motion(0);
  readonly #lookout: Lookout;
  readonly #place = new Place();
  #ticker: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly address: Address,
    private readonly startEngine: StartEngine,
    private readonly listener: Listener,
  ) {
    this.#lookout = new Lookout(address, (finding) => this.#take({ type: 'looked', finding }));
  }

  begin(): void {
    this.#carryOut('look-now');
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#ticker);
    this.#lookout.cancel();
    this.#stopEngine();
  }

  again(): void {
    this.#take({ type: 'again' });
  }

  /** Each of its requests is a connection of its own. */
  doubt(): void {}

  togglePause(): void {
    if (this.#state.phase !== 'live') return;
    if (this.#place.held) this.#play();
    else {
      this.#place.hold();
      this.video.pause();
    }
    this.#tick();
  }

  goLive(): void {
    this.#place.follow();
    this.#engine?.goLive();
    this.#play();
    this.#tick();
  }

  #tick(): void {
    if (this.#engine !== null) {
      const pictured = this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
      // Paused by a media key, a headset or the system: the same as by our button.
      if (this.#state.phase === 'live' && this.video.paused && pictured && !this.video.ended)
        this.#place.hold();
      const { currentTime: position } = this.video;
      const sample = { at: performance.now(), position, held: this.#place.held, pictured };
      const verdict = this.#motion.observe(sample);
      if (verdict === 'moving') this.#take({ type: 'moving' });
      else if (verdict === 'stuck' && !this.#lookout.pending) this.#take({ type: 'stuck' });
    }
    this.#publish();
  }

  #publish(): void {
    const distance = this.#state.phase === 'live' ? (this.#engine?.distance() ?? null) : null;
    const { behind, jump } = this.#place.judge(distance);
    if (jump) this.#engine?.goLive();
    this.listener.show({
      show: told(this.#state),
      held: this.#place.held,
      distance,
      behind,
      soundOnly: false,
    });
  }

  #take(event: Event): void {
    const [state, order] = next(this.#state, event);
    this.#state = state;
    this.#carryOut(order);
  }

  #carryOut(order: Order): void {
    if (order === 'none') return;
    this.#lookout.cancel();
    if (order === 'stop' || order === 'stop-and-look-later') this.#stopEngine();
    if (order === 'look-now') this.#lookout.now();
    if (order === 'look-later' || order === 'stop-and-look-later') this.#lookout.later(this.#state.attempt);
    if (order === 'restart') this.#restart();
    if (order === 'settle') this.#lookout.forget();
    this.#publish();
  }

  #restart(): void {
    this.#stopEngine();
    this.#motion = new Motion(performance.now());
    const engine = this.startEngine(this.video, masterUrl(this.address), {
      // An engine that was replaced may still have something to say: not about this run.
      broke: (gap) => this.#engine === engine && this.#take({ type: 'broke', gap }),
      gaveUp: (fault) => this.#engine === engine && this.#take({ type: 'gave-up', fault }),
    });
    this.#engine = engine;
    if (!this.#place.held) this.#play();
  }

  #stopEngine(): void {
    const engine = this.#engine;
    this.#engine = null;
    engine?.stop();
  }

  #play(): void {
    this.#place.release();
    this.video.play().catch((refusal: unknown) => {
      // Only a refusal needs the viewer; an aborted start means that a newer one is under way.
      if (refusal instanceof DOMException && refusal.name === 'NotAllowedError') this.#place.hold();
    });
  }
}

function told(state: State): Show {
  switch (state.phase) {
    case 'waiting':
      return { phase: 'waiting', gap: state.gap };
    case 'error':
      return { phase: 'error', fault: state.fault };
    default:
      return { phase: state.phase };
  }
}
