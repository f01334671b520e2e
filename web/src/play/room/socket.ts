// The WebSocket to the room: connects again by itself with growing pauses. Optional throughout: a server without
// it leaves the player as it is, only without badge and chat.

import { type Message, readMessage } from './messages.ts';

/** Milliseconds before the first new try; doubles up to the longest. */
const FIRST_MS = 1000;
const LONGEST_MS = 60_000;
/** Milliseconds after which a connection counts as one that stood; a refusal is told and closed at once. */
const STOOD_MS = 2000;

export interface Listener {
  heard(message: Message): void;
  /** A connection that stood was cut: the server went away, or the way to it. */
  cut(): void;
}

export class RoomSocket {
  #socket: WebSocket | null = null;
  #pause = FIRST_MS;

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
  ) {}

  open(): void {
    const socket = new WebSocket(this.url);
    let openedAt = Number.POSITIVE_INFINITY;
    socket.addEventListener('open', () => {
      openedAt = performance.now();
    });
    socket.addEventListener('message', (event) => {
      const message = typeof event.data === 'string' ? readMessage(event.data) : null;
      if (message !== null) this.listener.heard(message);
    });
    socket.addEventListener('close', () => {
      this.#socket = null;
      if (performance.now() - openedAt >= STOOD_MS) {
        this.#pause = FIRST_MS;
        this.listener.cut();
      }
      setTimeout(() => this.open(), this.#pause * (0.8 + 0.4 * Math.random()));
      this.#pause = Math.min(LONGEST_MS, this.#pause * 2);
    });
    this.#socket = socket;
  }

  /** False: not connected, nothing was sent. */
  send(text: string): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }
}
