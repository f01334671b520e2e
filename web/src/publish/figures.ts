// What is being sent, in figures: reads the connection's counters, words them. The reading is pure.

/** One look at the counters. */
export interface Sample {
  /** Milliseconds of any steady clock. */
  readonly at: number;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

/** Sums up what the senders report. */
export function sampleOf(report: Iterable<Record<string, unknown>>, at: number): Sample {
  const sum = { at, bytes: 0, width: 0, height: 0, fps: 0 };
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
  for (const entry of report) {
    if (entry['type'] !== 'outbound-rtp') continue;
    sum.bytes += number(entry['bytesSent']) + number(entry['headerBytesSent']);
    if (entry['kind'] !== 'video' || number(entry['frameWidth']) < sum.width) continue;
    sum.width = number(entry['frameWidth']);
    sum.height = number(entry['frameHeight']);
    sum.fps = number(entry['framesPerSecond']);
  }
  return sum;
}

/** `2.4 Mbit/s`, from two looks; a dash where nothing can be said yet. */
export function bitrateText(before: Sample | null, now: Sample): string {
  if (before === null || now.at <= before.at || now.bytes < before.bytes) return '–';
  const kbps = ((now.bytes - before.bytes) * 8) / (now.at - before.at);
  return kbps < 1000 ? `${Math.round(kbps)} kbit/s` : `${(kbps / 1000).toFixed(1)} Mbit/s`;
}

/** `1280×720, 30 fps`; `Sound only` without a picture. */
export function pictureText({ width, height, fps }: Sample): string {
  if (width === 0) return 'Sound only';
  return fps > 0 ? `${width}×${height}, ${Math.round(fps)} fps` : `${width}×${height}`;
}

/** `0:07`, `12:34`, `1:02:03`. */
export function timeText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Where a peak of 0 to 1 stands on a meter from 0 (-60 dBFS and less) to 1 (full scale). */
export function levelOf(peak: number): number {
  return peak <= 0.001 ? 0 : Math.min(1, 1 + Math.log10(peak) / 3);
}
