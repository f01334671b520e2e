// The player page's entry: reads the address, picks an engine, joins session, view and controls.

import '../style/base.css';
import '../style/play.css';
import { parseAddress, withToken } from './address.ts';
import { wireControls } from './controls.ts';
import type { StartEngine } from './engine.ts';
import { hlsSupported, startHls } from './hls-engine.ts';
import { nativeSupported, startNative } from './native-engine.ts';
import { findParts, type Parts } from './parts.ts';
import { Session } from './session.ts';
import { type Fault, next, START } from './state.ts';
import { render } from './view.ts';

function main(): void {
  const parts = findParts();
  const address = parseAddress(location.pathname, location.search);
  if (address === null) {
    refuse(parts, 'address');
    return;
  }
  const name = `${address.app}/${address.room}`;
  document.title = `${name} · Lumencast`;
  parts.title.textContent = name;
  const start = pickEngine(parts.video, address.token);
  if (start === null) {
    refuse(parts, 'unsupported');
    return;
  }
  const session = new Session(parts.video, address, start, (snapshot) => render(parts, snapshot));
  wireControls(parts, session);
  session.begin();
}

/** hls.js where Media Source Extensions exist, since it follows the live edge closer; else the browser's own. */
function pickEngine(video: HTMLVideoElement, token: string | null): StartEngine | null {
  if (hlsSupported()) {
    const address = (url: string): string => withToken(url, token, location.origin);
    return (element, master, listener) => startHls(element, master, listener, address);
  }
  return nativeSupported(video) ? startNative : null;
}

function refuse(parts: Parts, fault: Fault): void {
  const [state] = next(START, { type: 'gave-up', fault });
  render(parts, { state, held: false, distance: null, behind: false });
}

main();
