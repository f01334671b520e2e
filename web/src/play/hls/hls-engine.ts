// Playback through hls.js. Knows hls.js; refuses to know the page and the retry policy: what hls.js cannot heal
// itself is reported once, then the session decides.

import Hls, { type ErrorData, ErrorDetails, ErrorTypes, Events } from 'hls.js';
// The worker is a file of our own, so that the security policy needs no blob: scripts.
import workerPath from 'hls.js/dist/hls.worker.js?url';
import type { Fault, Gap } from '../state.ts';
import type { Engine, Listener } from './engine.ts';
import { timelineController } from './timeline.ts';

/** Target durations kept from the edge of a playlist whose server names no hold-back. */
const AIM_TARGETS = 2;

export function hlsSupported(): boolean {
  return Hls.isSupported();
}

export function startHls(
  video: HTMLVideoElement,
  master: string,
  listener: Listener,
  address: (url: string) => string,
): Engine {
  const hls = new Hls({
    lowLatencyMode: true,
    workerPath,
    timelineController,
    backBufferLength: 30,
    maxBufferLength: 20,
    // Small lags are caught up unheard; large ones are a jump (edge.ts).
    maxLiveSyncPlaybackRate: 1.08,
    // A stall must not move the aim away from the edge for good.
    liveSyncOnStallIncrease: 0,
    xhrSetup: (xhr, url) => xhr.open('GET', address(url), true),
  });
  // Set here and not above: a value given by the user would override the server's own hold-back.
  hls.config.liveSyncDurationCount = AIM_TARGETS;
  let mended = false;
  hls.on(Events.ERROR, (_event, data) => {
    if (!data.fatal) return;
    if (data.type === ErrorTypes.MEDIA_ERROR && !mended && faultOf(data) === null) {
      mended = true;
      hls.recoverMediaError();
      return;
    }
    const fault = faultOf(data);
    if (fault === null) listener.broke(gapOf(data));
    else listener.gaveUp(fault);
  });
  // The end of the list after its last frame was shown; until then the viewer keeps watching.
  const ended = (): void => listener.broke('ended');
  video.addEventListener('ended', ended);
  hls.loadSource(master);
  hls.attachMedia(video);
  return {
    distance() {
      const details = hls.latestLevelDetails;
      const aim = hls.targetLatency;
      if (details === null || aim === null || !details.live) return null;
      return { latency: hls.latency, aim, targetDuration: details.targetduration };
    },
    goLive() {
      const position = hls.liveSyncPosition;
      if (position !== null) video.currentTime = position;
    },
    stop() {
      video.removeEventListener('ended', ended);
      hls.destroy();
    },
  };
}

/** Faults that no retry heals. */
function faultOf(data: ErrorData): Fault | null {
  const status = data.response?.code;
  if (status === 401 || status === 403) return 'forbidden';
  switch (data.details) {
    case ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR:
    case ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR:
    case ErrorDetails.BUFFER_ADD_CODEC_ERROR:
      return 'undecodable';
    default:
      return null;
  }
}

function gapOf(data: ErrorData): Gap {
  if (data.type !== ErrorTypes.NETWORK_ERROR) return 'stalled';
  const status = data.response?.code ?? 0;
  return status >= 400 && status < 500 ? 'missing' : 'unreachable';
}
