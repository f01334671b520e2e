// Reactions: a strip of buttons to send them, and the emoji that rise over the picture.

import { find } from '../parts.ts';
import { writeReaction } from './messages.ts';

const EMOJI = [
  ['❤️', 'Heart'],
  ['👏', 'Applause'],
  ['😂', 'Laughing'],
  ['😮', 'Surprised'],
  ['👍', 'Thumbs up'],
  ['🎉', 'Celebration'],
] as const;
/** Emoji over the picture at one time; more than that says nothing more. */
const MOST = 24;

export class Reactions {
  readonly #toggle = find('react-toggle', HTMLButtonElement);
  readonly #strip = find('strip', HTMLElement);
  readonly #sky = find('sky', HTMLElement);

  constructor(
    private readonly send: (text: string) => boolean,
    private readonly sender: () => string,
  ) {
    for (const [emoji, label] of EMOJI) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'control emoji';
      button.textContent = emoji;
      button.setAttribute('aria-label', label);
      button.title = label;
      button.addEventListener('click', () => this.#react(emoji));
      this.#strip.append(button);
    }
    this.#toggle.addEventListener('click', () => this.#open(this.#strip.hidden !== false));
    this.#strip.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      this.#open(false);
      this.#toggle.focus();
    });
  }

  /** Reactions are on or off in this app. */
  allow(on: boolean): void {
    this.#toggle.hidden = !on;
    if (!on) this.#open(false);
  }

  rise(emoji: string): void {
    if (this.#sky.childElementCount >= MOST) return;
    const sign = document.createElement('span');
    sign.textContent = emoji;
    sign.style.left = `${10 + 80 * Math.random()}%`;
    sign.addEventListener('animationend', () => sign.remove());
    this.#sky.append(sign);
  }

  #react(emoji: string): void {
    const id = crypto.randomUUID?.() ?? String(Math.random());
    this.send(writeReaction(id, this.sender() || 'Guest', emoji, Date.now()));
  }

  #open(on: boolean): void {
    this.#strip.hidden = !on;
    this.#toggle.setAttribute('aria-expanded', String(on));
    this.#toggle.dataset['on'] = String(on);
  }
}
