// Writes the player's view into the page. One direction only: reads nothing back but the video element's sound.
// `<body data-state>` and `data-via` are the state's public signs, for style sheets and tests.

import type { Parts } from './parts.ts';
import type { View } from './player.ts';
import { latencyText, wordsFor } from './words.ts';

export function render(parts: Parts, view: View): void {
  const { show, via, held, distance, behind, audioOnly } = view;
  const words = wordsFor(show, held, behind, view.known);
  const live = show.phase === 'live';
  mark('state', show.phase);
  mark('via', via ?? '');
  mark('sound-only', String(live && (audioOnly || view.soundOnly)));
  mark('held', String(live && held));
  mark('behind', String(behind));
  mark('known', String(view.known));
  setText(parts.badge, words.badge);
  parts.notice.hidden = words.headline === null;
  // The last words stay while the notice is hidden, so that a screen reader is not told an empty string.
  if (words.headline !== null) {
    setText(parts.headline, words.headline);
    setText(parts.sentence, words.sentence);
  }
  parts.again.hidden = show.phase !== 'error' || show.fault === 'address' || show.fault === 'unsupported';
  parts.start.hidden = !(live && held);
  parts.pause.disabled = !live;
  name(parts.pause, held ? 'Play' : 'Pause', held);
  press(parts.audioOnly, audioOnly);
  parts.goLive.hidden = !(live && behind);
  parts.latency.hidden = distance === null;
  if (distance !== null) setText(parts.seconds, latencyText(distance.latency));
}

export function renderSound(parts: Parts): void {
  const silent = parts.video.muted || parts.video.volume === 0;
  name(parts.mute, silent ? 'Unmute' : 'Mute', silent);
  parts.volume.value = String(parts.video.muted ? 0 : Math.round(parts.video.volume * 100));
  mark('muted', String(silent));
}

export function renderFullscreen(parts: Parts): void {
  const full = document.fullscreenElement !== null;
  name(parts.fullscreen, full ? 'Leave full screen' : 'Full screen', full);
}

function name(button: HTMLButtonElement, label: string, on: boolean): void {
  if (button.getAttribute('aria-label') === label) return;
  button.setAttribute('aria-label', label);
  button.title = `${label} (${button.dataset['key'] ?? ''})`;
  button.dataset['on'] = String(on);
}

/** A switch keeps its name; only whether it is pressed changes. */
function press(button: HTMLButtonElement, on: boolean): void {
  if (button.dataset['on'] === String(on)) return;
  button.setAttribute('aria-pressed', String(on));
  button.title = `Sound only (${button.dataset['key'] ?? ''})`;
  button.dataset['on'] = String(on);
}

/** Written only on change, so that observers of the attributes hear of changes alone. */
function mark(key: string, value: string): void {
  const { body } = document;
  if (body.getAttribute(`data-${key}`) !== value) body.setAttribute(`data-${key}`, value);
}

/** Same text again would make screen readers repeat it. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
