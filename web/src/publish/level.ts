// How loud the microphone is, on a meter: the viewer sees that it works before going live.

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
  analyser.fftSize = 1024;
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
    meter.value = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  }, 100);
}
