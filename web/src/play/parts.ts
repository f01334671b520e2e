// The elements of the page, found once and typed. A missing one is a fault of the build, so it throws.

export interface Parts {
  readonly player: HTMLElement;
  readonly videoContainer: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly frames: HTMLImageElement;
  readonly title: HTMLElement;
  readonly badge: HTMLElement;
  readonly notice: HTMLElement;
  readonly headline: HTMLElement;
  readonly sentence: HTMLElement;
  readonly again: HTMLButtonElement;
  readonly start: HTMLButtonElement;
  readonly unmute: HTMLButtonElement;
  readonly pause: HTMLButtonElement;
  readonly mute: HTMLButtonElement;
  readonly volume: HTMLInputElement;
  readonly latency: HTMLElement;
  readonly seconds: HTMLElement;
  readonly goLive: HTMLButtonElement;
  readonly audioOnly: HTMLButtonElement;
  readonly captions: HTMLButtonElement;
  readonly fullscreen: HTMLButtonElement;
}

export function findParts(): Parts {
  return {
    player: find('player', HTMLElement),
    videoContainer: find('video-container', HTMLElement),
    video: find('video', HTMLVideoElement),
    frames: find('frames', HTMLImageElement),
    title: find('title', HTMLElement),
    badge: find('badge', HTMLElement),
    notice: find('notice', HTMLElement),
    headline: find('headline', HTMLElement),
    sentence: find('sentence', HTMLElement),
    again: find('again', HTMLButtonElement),
    start: find('start', HTMLButtonElement),
    unmute: find('unmute', HTMLButtonElement),
    pause: find('pause', HTMLButtonElement),
    mute: find('mute', HTMLButtonElement),
    volume: find('volume', HTMLInputElement),
    latency: find('latency', HTMLElement),
    seconds: find('seconds', HTMLElement),
    goLive: find('go-live', HTMLButtonElement),
    audioOnly: find('audio-only', HTMLButtonElement),
    captions: find('captions', HTMLButtonElement),
    fullscreen: find('fullscreen', HTMLButtonElement),
  };
}

export function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page lacks #${id}`);
  return element;
}
