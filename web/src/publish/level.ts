// How loud the microphone is, on a meter: the publisher sees that it works before going live.

import { levelOf } from './figures.ts';

/** Milliseconds between two looks. */
const LOOK_MS = 50;
/** What the meter falls by in a look after a peak, of its length: it stays readable. */
const FALL = 0.03;

let running: AudioContext | null = null;

/** Follows the sound of a stream until the next call. */
export function showLevel(meter: HTMLMeterElement, stream: MediaStream): void {
  void running?.close();
  running = null;
  meter.value = 0;
  if (stream.getAudioTracks().length === 0) return;
  const context = new AudioContext();
  running = context;
  const analyser = context.createAnalyser();
  // More than a look's worth of sound, so that no short one falls between two looks.
  analyser.fftSize = 4096;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (running !== context) {
      clearInterval(timer);
      return;
    }
    // Browsers hold a context until the page was touched; it goes on by itself then.
    if (context.state === 'suspended') void context.resume();
    analyser.getFloatTimeDomainData(samples);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    meter.value = Math.max(levelOf(peak), meter.value - FALL);
  }, LOOK_MS);
}
