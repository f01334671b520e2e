// The entry of player and embed: reads the address, joins player, room, view and controls.

import '../style/base.css';
import '../style/play.css';
import '../style/panels.css';
import { titleOf } from './about.ts';
import { type Address, dataUrl, parseAddress, streamUrl } from './address.ts';
import { wireCaptions } from './captions.ts';
import { wireControls } from './controls.ts';
import type { StartEngine } from './hls/engine.ts';
import { hlsSupported, startHls } from './hls/hls-engine.ts';
import { nativeSupported, startNative } from './hls/native-engine.ts';
import { HlsSession } from './hls/session.ts';
import { MjpegSession } from './mjpeg/session.ts';
import { findParts } from './parts.ts';
import { type Make, Player } from './player.ts';
import { joinRoom } from './room/room.ts';
import { wireShare } from './share-panel.ts';
import type { Means } from './state.ts';
import { render } from './view.ts';
import { WhepSession } from './whep/session.ts';

function main(): void {
  const parts = findParts();
  const address = parseAddress(location.pathname, location.search);
  document.body.dataset['page'] = address?.page ?? 'play';
  if (address === null) {
    const show = { phase: 'error', fault: 'address' } as const;
    const rest = { held: false, behind: false, distance: null, soundOnly: false };
    render(parts, { ...rest, show, via: null, audioOnly: false, known: true });
    return;
  }
  const call = (name: string): void => {
    document.title = `${name} · Lumencast`;
    parts.title.textContent = name;
  };
  // Until the server tells the display names.
  call(`${address.app}/${address.room}`);

  const engine = pickEngine(parts.video, address);
  const make: Make = (via, audioOnly, listener) => {
    if (via === 'mjpeg') return new MjpegSession(parts.frames, address, listener);
    if (via === 'whep' || engine === null) return new WhepSession(parts.video, address, audioOnly, listener);
    return new HlsSession(parts.video, address, engine, listener);
  };
  const whep = typeof RTCPeerConnection === 'function';
  const hls = engine !== null;
  const able = address.via === null || { whep, hls, mjpeg: true }[address.via];
  const means: Means = able ? { forced: address.via, whep, hls } : { forced: null, whep: false, hls: false };
  const player = new Player(
    address,
    means,
    make,
    (view) => render(parts, view),
    (about) => call(titleOf(about)),
  );
  wireControls(parts, player, wireCaptions(parts.video, parts.captions));
  wireShare(address);
  player.begin();
  joinRoom(dataUrl(address, location.origin), address.page === 'play', () => player.doubt());
}

/** hls.js where Media Source Extensions exist, since it follows the live edge closer; else the browser's own. */
function pickEngine(video: HTMLVideoElement, address: Address): StartEngine | null {
  if (hlsSupported()) {
    const full = (url: string): string => streamUrl(url, address, location.origin);
    return (element, master, listener) => startHls(element, master, listener, full);
  }
  return nativeSupported(video) ? startNative : null;
}

main();
