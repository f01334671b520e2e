// Judges a WebRTC session by its counters: is it connecting, does the picture move, is the sender quiet, is the
// connection lost. Pure: time and counters are arguments. One Flow for one connection.

/** Milliseconds for the connection to stand; a network without UDP and without the server's TCP port shows here. */
export const CONNECT_MS = 5000;
/** Milliseconds without anything new before a running picture counts as interrupted. */
export const QUIET_MS = 2500;
/** Milliseconds of arriving video without one picture decoded. */
export const DECODE_MS = 5000;
/** Milliseconds that a broken connection may take to heal itself. */
export const HEAL_MS = 2000;

/** One look at the connection; counters only grow. `at` is milliseconds of any steady clock. */
export interface Sample {
  readonly at: number;
  readonly connection: RTCPeerConnectionState;
  readonly videoPackets: number;
  readonly frames: number;
  readonly audioPackets: number;
}

/**
 * `opening`: not connected yet. `moving`: picture or sound advances. `quiet`: connected, nothing comes.
 * `lost`: make a new connection. `barred`: this network or browser does not get the stream this way.
 */
export type Verdict = 'opening' | 'moving' | 'undecided' | 'quiet' | 'lost' | 'barred';

export class Flow {
  #last: Sample;
  #connectedAt: number | null = null;
  #brokenAt: number | null = null;
  #advancedAt: number | null = null;
  #undecodedFrom: number | null = null;

  constructor(private readonly startedAt: number) {
    this.#last = { at: startedAt, connection: 'new', videoPackets: 0, frames: 0, audioPackets: 0 };
  }

  /** Something was seen or heard in this session. */
  get moved(): boolean {
    return this.#advancedAt !== null;
  }

  /** Sound comes and no video has come so far. */
  get soundOnly(): boolean {
    return this.moved && this.#last.videoPackets === 0;
  }

  observe(sample: Sample): Verdict {
    const before = this.#last;
    this.#last = sample;
    const { at, connection } = sample;
    if (connection === 'failed' || connection === 'closed') {
      return this.#connectedAt === null ? 'barred' : 'lost';
    }
    if (connection === 'connected') {
      this.#connectedAt ??= at;
      this.#brokenAt = null;
    } else if (this.#connectedAt === null) {
      return at - this.startedAt >= CONNECT_MS ? 'barred' : 'opening';
    } else {
      this.#brokenAt ??= at;
      if (at - this.#brokenAt >= HEAL_MS) return 'lost';
    }
    return this.#media(before, sample, this.#connectedAt);
  }

  #media(before: Sample, sample: Sample, connectedAt: number): Verdict {
    const { at } = sample;
    const video = sample.videoPackets > before.videoPackets;
    const picture = sample.frames > before.frames;
    const sound = sample.audioPackets > before.audioPackets;
    // The last packets of a publisher that left may never become a picture: only a going stream is judged.
    if (picture || !video) this.#undecodedFrom = null;
    else this.#undecodedFrom ??= at;
    if (this.#undecodedFrom !== null && at - this.#undecodedFrom >= DECODE_MS) {
      return sample.frames > 0 ? 'lost' : 'barred';
    }
    // Sound alone is the stream where no video comes, or none any more: then nothing waits to be decoded.
    if (picture || (sound && this.#undecodedFrom === null)) {
      this.#advancedAt = at;
      return 'moving';
    }
    return at - (this.#advancedAt ?? connectedAt) >= QUIET_MS ? 'quiet' : 'undecided';
  }
}
