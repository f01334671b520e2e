// The entry of the publish page: joins devices, preview, broadcast and controls.

import '../style/base.css';
import '../style/play.css';
import '../style/panels.css';
import '../style/publish.css';
import { about, titleOf } from '../play/about.ts';
import { type Address, parseAddress } from '../play/address.ts';
import { find } from '../play/parts.ts';
import { chosen, fillList, openDevices } from './devices.ts';
import { bitrateText, pictureText, type Sample, sampleOf, timeText } from './figures.ts';
import { showLevel } from './level.ts';
import { Broadcast } from './session.ts';
import { type Fault, START, type State } from './state.ts';
import { wordsFor } from './words.ts';

const preview = find('preview', HTMLVideoElement);
const camera = find('camera', HTMLSelectElement);
const microphone = find('microphone', HTMLSelectElement);
const go = find('go', HTMLButtonElement);
/** Milliseconds between two looks at what is sent. */
const FIGURES_MS = 1000;

let stream = new MediaStream();
/** When the broadcast went on air, in milliseconds of the page's clock; null while it is not. */
let liveSince: number | null = null;
let last: Sample | null = null;

function main(): void {
  const address = parseAddress(location.pathname, location.search);
  const fault = obstacle(address);
  if (address === null || fault !== null) {
    show({ phase: 'error', fault: fault ?? 'address' });
    go.hidden = true;
    return;
  }
  const path = `${address.app}/${address.room}`;
  call(path);
  find('watch', HTMLAnchorElement).href = `/play/${path}`;
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
  setInterval(() => void showFigures(broadcast), FIGURES_MS);
  void about(address).then((told) => {
    if (told === 'unknown') broadcast.take({ type: 'failed', fault: 'unknown' });
    else if (told !== null) call(titleOf(told));
  });
  // Until the devices are open or refused, a click would find neither a listener nor a picture to send.
  void open().finally(() => {
    go.disabled = false;
  });
}

function call(name: string): void {
  document.title = `Publish ${name} · Lumencast`;
  find('title', HTMLElement).textContent = name;
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
  // The time on air goes on over a connection that is made anew.
  if (state.phase === 'live') liveSince ??= performance.now();
  if (state.phase === 'idle' || state.phase === 'error') [liveSince, last] = [null, null];
  find('figures', HTMLElement).hidden = liveSince === null;
}

async function showFigures(broadcast: Broadcast): Promise<void> {
  if (liveSince === null) return;
  find('time', HTMLElement).textContent = timeText(performance.now() - liveSince);
  const report = await broadcast.counters();
  if (report === null) return;
  const entries: Record<string, unknown>[] = [];
  report.forEach((entry: Record<string, unknown>) => {
    entries.push(entry);
  });
  const sample = sampleOf(entries, performance.now());
  find('bitrate', HTMLElement).textContent = bitrateText(last, sample);
  find('picture', HTMLElement).textContent = pictureText(sample);
  last = sample;
}

main();
