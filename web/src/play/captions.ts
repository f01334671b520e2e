// Captions of the stream: shows the text tracks that the engine finds in it (CEA-608, WebVTT), and offers to hide them.
// Knows the video element's text tracks; refuses to know who fills them.

const KINDS: readonly string[] = ['captions', 'subtitles'];

/** Follows the tracks from now on; the button is there while there are any. */
export function wireCaptions(video: HTMLVideoElement, button: HTMLButtonElement): () => void {
  let wanted = true;
  const tracks = (): TextTrack[] =>
    Array.from(video.textTracks).filter((track) => KINDS.includes(track.kind));
  const apply = (): void => {
    const there = tracks();
    // One at a time: a stream may carry several languages.
    there.forEach((track, index) => {
      const mode = wanted && index === 0 ? 'showing' : 'hidden';
      if (track.mode !== mode) track.mode = mode;
    });
    button.hidden = there.length === 0;
    button.setAttribute('aria-pressed', String(wanted));
    button.dataset['on'] = String(wanted);
    document.body.dataset['captions'] = there.length === 0 ? '' : String(wanted);
  };
  const toggle = (): void => {
    wanted = !wanted;
    apply();
  };
  button.addEventListener('click', toggle);
  for (const kind of ['addtrack', 'removetrack', 'change']) video.textTracks.addEventListener(kind, apply);
  apply();
  return toggle;
}
