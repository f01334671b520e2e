// Joins the room's socket with badge, chat and reactions. Refuses to know the picture.

import { find } from '../parts.ts';
import { ChatPanel } from './chat.ts';
import type { Message } from './messages.ts';
import { Reactions } from './reactions.ts';
import { RoomSocket } from './socket.ts';

/** `chat`: this page has a chat panel at all. `cut`: see `RoomSocket`. */
export function joinRoom(url: string, withChat: boolean, cut: () => void): void {
  const badge = find('viewers', HTMLElement);
  const count = find('viewer-count', HTMLElement);
  const chat = new ChatPanel((text) => socket.send(text));
  const reactions = new Reactions(
    (text) => socket.send(text),
    () => chat.name,
  );
  let counted = true;
  const heard = (message: Message): void => {
    switch (message.topic) {
      case 'hello':
        counted = message.hello.viewers;
        if (!counted) badge.hidden = true;
        chat.allow(withChat && message.hello.chat);
        reactions.allow(message.hello.reactions);
        break;
      case 'viewers':
        badge.hidden = !counted;
        count.textContent = countText(message.count);
        badge.setAttribute('aria-label', `${message.count} watching`);
        break;
      case 'chat':
        chat.add(message.chat);
        break;
      case 'reaction':
        reactions.rise(message.emoji);
        break;
      case 'error':
        chat.tell(message.message);
    }
  };
  const socket = new RoomSocket(url, { heard, cut });
  socket.open();
}

/** 999, 1.2k, 34k: what fits a badge. */
export function countText(count: number): string {
  if (count < 1000) return String(count);
  const thousands = Math.floor(count / 100) / 10;
  return `${thousands < 10 ? thousands : Math.floor(thousands)}k`;
}
