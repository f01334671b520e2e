// The entry of the publish page: joins devices, preview, broadcast and controls.

import '../style/base.css';
import '../style/play.css';
import '../style/panels.css';
import '../style/publish.css';
import { type Address, parseAddress } from '../play/address.ts';
import { find } from '../play/parts.ts';
import { chosen, fillList, openDevices } from './devices.ts';
import { showLevel } from './level.ts';
import { Broadcast } from './session.ts';
import { type Fault, START, type State } from './state.ts';
import { wordsFor } from './words.ts';

const preview = find('preview', HTMLVideoElement);
const camera = find('camera', HTMLSelectElement);
const microphone = find('microphone', HTMLSelectElement);
const go = find('go', HTMLButtonElement);
let stream = new MediaStream();

function main(): void {
  const address = parseAddress(location.pathname, location.search);
  const fault = obstacle(address);
  if (address === null || fault !== null) {
    show({ phase: 'error', fault: fault ?? 'address' });
    go.hidden = true;
    return;
  }
  const name = `${address.app}/${address.room}`;
  document.title = `Publish ${name} · Lumencast`;
  find('title', HTMLElement).textContent = name;
  find('watch', HTMLAnchorElement).href = `/play/${name}`;
  const broadcast = new Broadcast(address, () => stream.getTracks(), show);
  const open = async (): Promise<boolean> => {
    try {
      await use(await openDevices({ camera: chosen(camera), microphone: chosen(microphone) }));
      return true;
    } catch {
      broadcast.take({ type: 'failed', fault: 'devices' });
      return false;
    }
  };
  const change = async (): Promise<void> => {
    const before = kinds();
    if (!(await open()) || !broadcast.airing) return;
    if (before === kinds()) await Promise.all(stream.getTracks().map((track) => broadcast.replace(track)));
    else {
      // More or fewer tracks than were offered: that takes a connection of its own.
      broadcast.take({ type: 'stop' });
      broadcast.take({ type: 'go' });
    }
  };
  camera.addEventListener('change', () => void change());
  microphone.addEventListener('change', () => void change());
  navigator.mediaDevices.addEventListener('devicechange', () => void fillLists());
  go.addEventListener('click', async () => {
    if (broadcast.airing) broadcast.take({ type: 'stop' });
    else if (stream.active || (await open())) broadcast.take({ type: 'go' });
  });
  show(START);
  // Until the devices are open or refused, a click would find neither a listener nor a picture to send.
  void open().finally(() => {
    go.disabled = false;
  });
}

/** What no try again heals. */
function obstacle(address: Address | null): Fault | null {
  if (address === null) return 'address';
  if (navigator.mediaDevices === undefined) return window.isSecureContext ? 'unsupported' : 'insecure';
  return typeof RTCPeerConnection === 'function' ? null : 'unsupported';
}

async function use(devices: MediaStream): Promise<void> {
  for (const track of stream.getTracks()) track.stop();
  stream = devices;
  preview.srcObject = stream;
  find('blank', HTMLElement).hidden = stream.getVideoTracks().length > 0;
  showLevel(find('level', HTMLMeterElement), stream);
  await fillLists();
}

async function fillLists(): Promise<void> {
  const used = (track: MediaStreamTrack | undefined): string => track?.getSettings().deviceId ?? '';
  await fillList(camera, 'videoinput', used(stream.getVideoTracks()[0]));
  await fillList(microphone, 'audioinput', used(stream.getAudioTracks()[0]));
}

function kinds(): string {
  const all = stream.getTracks().map((track) => track.kind);
  return all.sort().join();
}

/** `<body data-state>` is the state's public sign, for style sheets and tests. */
function show(state: State): void {
  const words = wordsFor(state);
  document.body.dataset['state'] = state.phase;
  find('badge', HTMLElement).textContent = words.badge;
  find('sentence', HTMLElement).textContent = words.sentence;
  go.textContent = words.button;
}

main();
