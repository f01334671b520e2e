// One WebRTC connection that sends (WHIP): offers the tracks, prefers H.264, which the server passes on as it is.
// Knows RTCPeerConnection; refuses to know when to connect again.

import { end, offerOf, post } from '../webrtc/exchange.ts';
import { withStereo } from '../webrtc/sdp.ts';

/** Bits per second asked of the encoder for the picture; it takes less where the network does not carry it. */
const VIDEO_BPS = 2_500_000;

export interface Listener {
  connected(): void;
  lost(): void;
}

export class Link {
  readonly #pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  readonly #closing = new AbortController();
  #resource: string | null = null;

  constructor(
    tracks: readonly MediaStreamTrack[],
    private readonly token: string | null,
    listener: Listener,
  ) {
    // One stream: picture and sound belong together.
    const streams = [new MediaStream([...tracks])];
    for (const track of tracks) {
      const video = track.kind === 'video';
      const sendEncodings = video ? [{ maxBitrate: VIDEO_BPS }] : [];
      const transceiver = this.#pc.addTransceiver(track, { direction: 'sendonly', streams, sendEncodings });
      if (video) preferH264(transceiver);
    }
    this.#pc.addEventListener('connectionstatechange', () => {
      const state = this.#pc.connectionState;
      if (state === 'connected') listener.connected();
      if (state === 'failed' || state === 'disconnected') listener.lost();
    });
  }

  /** Posts the offer and takes the answer. Not `ok`: the HTTP status that refused, 0 without an answer. */
  async open(url: string): Promise<{ ok: boolean; status: number }> {
    const sdp = await offerOf(this.#pc, withStereo);
    const answer = await post(url, sdp, this.token, this.#closing.signal);
    if (!answer.ok) return answer;
    this.#resource = answer.resource;
    if (this.#closing.signal.aborted) {
      this.#leave();
      return { ok: false, status: 0 };
    }
    await this.#pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    return { ok: true, status: 201 };
  }

  /** Sends another device's picture or sound from now on. */
  async replace(track: MediaStreamTrack): Promise<void> {
    const sender = this.#pc.getSenders().find((one) => one.track?.kind === track.kind);
    await sender?.replaceTrack(track);
  }

  counters(): Promise<RTCStatsReport> {
    return this.#pc.getStats();
  }

  close(): void {
    this.#closing.abort();
    this.#leave();
    this.#pc.close();
  }

  #leave(): void {
    if (this.#resource !== null) end(this.#resource, this.token);
    this.#resource = null;
  }
}

function preferH264(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const first = codecs.filter((codec) => codec.mimeType.toLowerCase() === 'video/h264');
  if (first.length === 0) return;
  transceiver.setCodecPreferences([...first, ...codecs.filter((codec) => !first.includes(codec))]);
}
