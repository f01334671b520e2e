// The chat panel: shows what the room says and sends what the viewer writes. Text only goes into the page as text.

import { find } from '../parts.ts';
import { type Chat, LONGEST_BODY, writeChat } from './messages.ts';

/** Lines kept in the page. */
const MOST_LINES = 200;
const NAME_KEY = 'lumencast.name';

export class ChatPanel {
  readonly #panel = find('chat', HTMLElement);
  readonly #toggle = find('chat-toggle', HTMLButtonElement);
  readonly #lines = find('lines', HTMLOListElement);
  readonly #form = find('chat-form', HTMLFormElement);
  readonly #name = find('chat-name', HTMLInputElement);
  readonly #body = find('chat-body', HTMLInputElement);
  readonly #said = find('chat-said', HTMLElement);
  readonly #seen = new Set<string>();

  constructor(private readonly send: (text: string) => boolean) {
    this.#body.maxLength = LONGEST_BODY;
    this.#name.value = remembered();
    this.#toggle.addEventListener('click', () => this.#open(this.#panel.hidden !== false));
    find('chat-close', HTMLButtonElement).addEventListener('click', () => {
      this.#open(false);
      this.#toggle.focus();
    });
    this.#panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      this.#open(false);
      this.#toggle.focus();
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /** The viewer's name; empty when none was given. */
  get name(): string {
    return this.#name.value.trim();
  }

  /** Chat is on or off in this app. */
  allow(on: boolean): void {
    this.#toggle.hidden = !on;
    if (!on) this.#open(false);
  }

  add(chat: Chat): void {
    if (chat.id !== '') {
      if (this.#seen.has(chat.id)) return;
      this.#seen.add(chat.id);
    }
    const atEnd = this.#lines.scrollHeight - this.#lines.scrollTop - this.#lines.clientHeight < 40;
    const line = document.createElement('li');
    const sender = document.createElement('strong');
    sender.textContent = chat.sender;
    const body = document.createElement('span');
    body.textContent = chat.body;
    line.append(sender, ' ', body);
    if (chat.at !== null) line.title = new Date(chat.at).toLocaleTimeString();
    this.#lines.append(line);
    while (this.#lines.childElementCount > MOST_LINES) this.#lines.firstElementChild?.remove();
    // Who scrolled up to read is left there.
    if (atEnd) this.#lines.scrollTop = this.#lines.scrollHeight;
    if (this.#panel.hidden) this.#toggle.dataset['news'] = 'true';
  }

  tell(text: string): void {
    this.#said.textContent = text;
  }

  #submit(): void {
    const body = this.#body.value.trim();
    if (body === '') return;
    remember(this.name);
    const text = writeChat(
      crypto.randomUUID?.() ?? String(Math.random()),
      this.name || 'Guest',
      body,
      Date.now(),
    );
    // The line appears when it comes back: then everyone has it.
    if (this.send(text)) {
      this.#body.value = '';
      this.tell('');
    } else this.tell('Not connected to the chat right now.');
  }

  #open(on: boolean): void {
    this.#panel.hidden = !on;
    this.#toggle.setAttribute('aria-expanded', String(on));
    this.#toggle.dataset['on'] = String(on);
    if (!on) return;
    delete this.#toggle.dataset['news'];
    this.#lines.scrollTop = this.#lines.scrollHeight;
    this.#body.focus({ preventScroll: true });
  }
}

/** Storage may be forbidden, as in a frame of another site. */
function remembered(): string {
  try {
    return localStorage.getItem(NAME_KEY) ?? '';
  } catch {
    return '';
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Asked for again next time.
  }
}
