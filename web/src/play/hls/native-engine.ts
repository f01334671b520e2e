// Playback by the browser's own HLS player, for browsers without Media Source Extensions. Knows the video
// element only. Such a player fetches by itself, so the token reaches what the playlists name only if the
// server writes it into them.

import type { Engine, Listener } from './engine.ts';

/** The element does not tell the playlist's target duration; assumed until the server's parts say better. */
const ASSUMED_TARGET_S = 2;

export function nativeSupported(video: HTMLVideoElement): boolean {
  return video.canPlayType('application/vnd.apple.mpegurl') !== '';
}

export function startNative(video: HTMLVideoElement, master: string, listener: Listener): Engine {
  const failed = (): void => {
    // A network error and an unsupported source look alike here once the playlist went away: look again.
    if (video.error?.code === MediaError.MEDIA_ERR_DECODE) listener.broke('stalled');
    else listener.broke('missing');
  };
  const ended = (): void => listener.broke('ended');
  video.addEventListener('error', failed);
  video.addEventListener('ended', ended);
  video.src = master;
  video.load();
  const edge = (): number | null => {
    const ranges = video.seekable;
    return ranges.length > 0 ? ranges.end(ranges.length - 1) : null;
  };
  return {
    distance() {
      const end = edge();
      if (end === null || !Number.isFinite(end)) return null;
      const aim = 3 * ASSUMED_TARGET_S;
      return { latency: Math.max(0, end - video.currentTime), aim, targetDuration: ASSUMED_TARGET_S };
    },
    goLive() {
      const end = edge();
      if (end !== null && Number.isFinite(end)) video.currentTime = end;
    },
    stop() {
      video.removeEventListener('error', failed);
      video.removeEventListener('ended', ended);
      video.removeAttribute('src');
      video.load();
    },
  };
}
