// How long to wait before looking again. Pure: the caller brings the random number and owns the timer.

/** First pause, milliseconds: short, since most gaps are an encoder that reconnects. */
export const FIRST_MS = 1000;
/** Longest pause, milliseconds: a viewer left on a silent room still sees the picture soon after it starts. */
export const LONGEST_MS = 5000;

/**
 * Milliseconds before try number `attempt` (1, 2, 3, …): 1 s growing by half each time up to 5 s.
 * `random` in 0..1 spreads the result over ±20 %, so that a room full of viewers does not return in one instant.
 */
export function pauseBefore(attempt: number, random: number): number {
  const steps = Math.max(0, Math.min(attempt, 50) - 1);
  const base = Math.min(LONGEST_MS, FIRST_MS * 1.5 ** steps);
  const spread = 0.8 + 0.4 * Math.max(0, Math.min(1, random));
  return Math.round(base * spread);
}
