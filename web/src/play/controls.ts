// Buttons, keys and the fading of the control bar: turns what the viewer does into calls of the player and of
// the video element. Refuses to know the stream's state.

import type { Parts } from './parts.ts';
import type { Player } from './player.ts';
import { renderFullscreen, renderSound } from './view.ts';

/** Milliseconds without a movement before the bars fade. */
const IDLE_MS = 3000;

/** iPhones have no element fullscreen, only this one of the video element. */
interface PhoneVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

export function wireControls(parts: Parts, player: Player, toggleCaptions: () => void): void {
  const { video } = parts;
  const toggleMute = (): void => {
    video.muted = !(video.muted || video.volume === 0);
    if (!video.muted && video.volume === 0) video.volume = 1;
  };
  const toggleAudioOnly = (): void => player.setAudioOnly(!player.audioOnly);
  const toggleFullscreen = (): void => void fullscreen(parts);

  parts.start.addEventListener('click', () => player.togglePause());
  parts.pause.addEventListener('click', () => player.togglePause());
  parts.goLive.addEventListener('click', () => player.goLive());
  parts.again.addEventListener('click', () => player.again());
  parts.mute.addEventListener('click', toggleMute);
  parts.unmute.addEventListener('click', toggleMute);
  parts.fullscreen.addEventListener('click', toggleFullscreen);
  parts.audioOnly.addEventListener('click', toggleAudioOnly);
  video.addEventListener('dblclick', toggleFullscreen);
  parts.frames.addEventListener('dblclick', toggleFullscreen);
  parts.volume.addEventListener('input', () => {
    video.volume = parts.volume.valueAsNumber / 100;
    video.muted = video.volume === 0;
  });
  video.addEventListener('volumechange', () => renderSound(parts));
  document.addEventListener('fullscreenchange', () => renderFullscreen(parts));
  window.addEventListener('online', () => player.again());

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    // Who writes means letters, and space on a focused button already presses that button.
    const { target } = event;
    if (target instanceof HTMLInputElement && target.type !== 'range') return;
    if (target instanceof HTMLElement && target.closest('dialog') !== null) return;
    if (event.key === ' ' && target instanceof HTMLButtonElement) return;
    const act = {
      ' ': () => player.togglePause(),
      m: toggleMute,
      f: toggleFullscreen,
      a: toggleAudioOnly,
      c: toggleCaptions,
    }[event.key.toLowerCase()];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });

  renderSound(parts);
  renderFullscreen(parts);
  fadeWhenIdle();
}

async function fullscreen(parts: Parts): Promise<void> {
  try {
    if (document.fullscreenElement !== null) await document.exitFullscreen();
    else if (document.fullscreenEnabled) await parts.player.requestFullscreen();
    else (parts.video as PhoneVideo).webkitEnterFullscreen?.();
  } catch {
    // The browser refused (an embedding page may forbid it); the picture stays as it is.
  }
}

/** `<body data-idle>` lets the style sheet fade the bars; it does so only over a running picture. */
function fadeWhenIdle(): void {
  const { body } = document;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const awake = (): void => {
    if (body.dataset['idle'] !== 'false') body.dataset['idle'] = 'false';
    clearTimeout(timer);
    timer = setTimeout(() => {
      body.dataset['idle'] = 'true';
    }, IDLE_MS);
  };
  for (const kind of ['pointermove', 'pointerdown', 'keydown', 'focusin'])
    document.addEventListener(kind, awake);
  awake();
}
