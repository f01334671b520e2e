// What is changed in a browser's SDP offer before it is sent. Pure text work (RFC 8866, RFC 7587).

/** Asks for both channels of Opus: without `stereo=1` in its own offer a browser plays the sum of them. */
export function withStereo(sdp: string): string {
  const opus = [...sdp.matchAll(/^a=rtpmap:(\d+) opus\/48000\/2\r?$/gim)].map((match) => match[1] ?? '');
  return opus.reduce((text, payload) => {
    const line = new RegExp(`^(a=fmtp:${payload} )(?!.*\\bstereo=)(.*?)(\\r?)$`, 'm');
    return text.replace(line, '$1$2;stereo=1$3');
  }, sdp);
}
