// One WebRTC connection that receives: offers picture and sound, or sound alone, and hands the tracks to the video
// element. Knows RTCPeerConnection; refuses to know when to connect again.

import { end, offerOf, post } from '../../webrtc/exchange.ts';
import { withStereo } from '../../webrtc/sdp.ts';
import type { Sample } from './flow.ts';

export class Link {
  readonly #pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  readonly #stream = new MediaStream();
  readonly #closing = new AbortController();
  #resource: string | null = null;
  #token: string | null = null;

  constructor(
    private readonly video: HTMLVideoElement,
    audioOnly: boolean,
  ) {
    if (!audioOnly) this.#pc.addTransceiver('video', { direction: 'recvonly' });
    this.#pc.addTransceiver('audio', { direction: 'recvonly' });
    this.#pc.addEventListener('track', ({ track }) => this.#stream.addTrack(track));
  }

  /** Posts the offer and takes the answer. Not `ok`: the HTTP status that refused, 0 without an answer. */
  async open(url: string, token: Promise<string | null>): Promise<{ ok: boolean; status: number }> {
    const [sdp, bearer] = await Promise.all([offerOf(this.#pc, withStereo), token]);
    this.#token = bearer;
    const answer = await post(url, sdp, bearer, this.#closing.signal);
    if (!answer.ok) return { ok: false, status: answer.status };
    this.#resource = answer.resource;
    if (this.#closing.signal.aborted) {
      this.#leave();
      return { ok: false, status: 0 };
    }
    this.video.srcObject = this.#stream;
    await this.#pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    return { ok: true, status: 201 };
  }

  /** The counters of the moment. */
  async sample(): Promise<Sample> {
    const sample = { videoPackets: 0, frames: 0, audioPackets: 0 };
    for (const report of (await this.#pc.getStats()).values()) {
      if (report.type !== 'inbound-rtp') continue;
      const figures = report as RTCInboundRtpStreamStats;
      if (figures.kind === 'audio') sample.audioPackets += figures.packetsReceived ?? 0;
      else {
        sample.videoPackets += figures.packetsReceived ?? 0;
        sample.frames += figures.framesDecoded ?? 0;
      }
    }
    // A peer that says goodbye ends the transport at once; the connection would notice after seconds.
    const gone = this.#pc.getReceivers().some(({ transport }) => transport?.state === 'closed');
    const connection = gone ? 'failed' : this.#pc.connectionState;
    return { ...sample, at: performance.now(), connection };
  }

  close(): void {
    this.#closing.abort();
    this.#leave();
    this.#pc.close();
    if (this.video.srcObject === this.#stream) this.video.srcObject = null;
  }

  /** Tells the server; safe to call more than once. */
  #leave(): void {
    if (this.#resource !== null) end(this.#resource, this.#token);
    this.#resource = null;
  }
}
