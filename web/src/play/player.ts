// The player: owns the state, the way in use and the looks for a camera. Feeds the reducer and carries out its
// orders; refuses to know buttons and words.

import { type About, about } from './about.ts';
import type { Address } from './address.ts';
import { cameraOnAir } from './camera.ts';
import { type Event, type Means, next, type Order, START, type State, shown, type Via } from './state.ts';
import type { Listener, Snapshot, Transport } from './transport.ts';

/** Milliseconds between two looks for a camera. */
const LOOK_MS = 15_000;
/** The same while a camera is shown: its element does not tell when the frames end. */
const CAMERA_LOOK_MS = 5000;

/** Makes the way to play; the player starts and stops it. */
export type Make = (via: Via, audioOnly: boolean, listener: Listener) => Transport;

export interface View extends Snapshot {
  readonly via: Via | null;
  readonly audioOnly: boolean;
  /** The server has heard of such a room, or does not tell. */
  readonly known: boolean;
}

const QUIET: Omit<Snapshot, 'show'> = { held: false, behind: false, distance: null, soundOnly: false };

export class Player {
  #state: State = START;
  #transport: Transport | null = null;
  #audioOnly = false;
  #said: Omit<Snapshot, 'show'> = QUIET;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #look = 0;
  #known = true;

  constructor(
    private readonly address: Address,
    private readonly means: Means,
    private readonly make: Make,
    private readonly render: (view: View) => void,
    /** Told what the server knows of the room, at each look. */
    private readonly name: (about: About) => void,
  ) {}

  begin(): void {
    this.#carryOut('look');
  }

  /** Looks again at once: the viewer asked, or the network came back. A running picture is left alone. */
  again(): void {
    this.#take({ type: 'again' });
  }

  /** Another connection to the server was cut. */
  doubt(): void {
    this.#transport?.doubt();
  }

  togglePause(): void {
    this.#transport?.togglePause();
  }

  goLive(): void {
    this.#transport?.goLive();
  }

  get audioOnly(): boolean {
    return this.#audioOnly;
  }

  /** Sound without the picture: over WebRTC the picture is not even sent, elsewhere it is only not shown. */
  setAudioOnly(on: boolean): void {
    this.#audioOnly = on;
    if (this.#state.via === 'whep' && this.#state.said.phase !== 'error') this.#start('whep');
    this.#publish();
  }

  #take(event: Event): void {
    const [state, order] = next(this.#state, event, this.means, performance.now());
    this.#state = state;
    this.#carryOut(order);
    this.#publish();
  }

  #carryOut(order: Order): void {
    if (order === 'look') {
      void this.#lookForCamera();
      void this.#lookForRoom();
    }
    if (order === 'poke') this.#transport?.again();
    if (order === 'start' && this.#state.via !== null) this.#start(this.#state.via);
    if (this.#state.said.phase === 'error') this.#transport?.stop();
  }

  #start(via: Via): void {
    this.#transport?.stop();
    this.#said = QUIET;
    const transport: Transport = this.make(via, this.#audioOnly, {
      // A way that was replaced may still have something to say: not about this one.
      show: (snapshot) => {
        if (this.#transport !== transport) return;
        this.#said = snapshot;
        this.#take({ type: 'said', show: snapshot.show });
      },
      barred: () => this.#transport === transport && this.#take({ type: 'barred' }),
    });
    this.#transport = transport;
    transport.begin();
  }

  async #lookForCamera(): Promise<void> {
    clearTimeout(this.#timer);
    const look = ++this.#look;
    // One publisher or a layout asked for by name is never the bare camera.
    const { via, stream, layout } = this.address;
    const asks = via === null || via === 'mjpeg';
    const camera = asks && stream === null && layout === null ? await cameraOnAir(this.address) : false;
    if (look !== this.#look) return;
    if (this.#state.said.phase === 'waiting') void this.#lookForRoom();
    this.#take({ type: 'looked', camera });
    const pause = this.#state.via === 'mjpeg' ? CAMERA_LOOK_MS : LOOK_MS;
    this.#timer = setTimeout(() => void this.#lookForCamera(), pause);
  }

  async #lookForRoom(): Promise<void> {
    const told = await about(this.address);
    if (told === 'unknown') {
      this.#take({ type: 'unknown' });
      return;
    }
    if (told === null) return;
    this.name(told);
    this.#known = told.known;
    this.#publish();
  }

  #publish(): void {
    const { via } = this.#state;
    const [show, audioOnly, known] = [shown(this.#state), this.#audioOnly, this.#known];
    this.render({ ...this.#said, show, via, audioOnly, known });
  }
}
