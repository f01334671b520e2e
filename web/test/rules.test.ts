// The small pure rules: pauses, motion, live edge, playlists, words.
import { describe, expect, test } from 'vitest';
import { FIRST_MS, LONGEST_MS, pauseBefore } from '../src/play/backoff.ts';
import { judge, Place } from '../src/play/hls/edge.ts';
import { FIRST_PICTURE_MS, Motion, STUCK_MS } from '../src/play/hls/motion.ts';
import { firstVariant, judgePlaylist, judgeStatus } from '../src/play/hls/probe.ts';
import type { Show } from '../src/play/state.ts';
import { latencyText, wordsFor } from '../src/play/words.ts';

describe('the pause before a look', () => {
  test('grows from one second to the longest and stays there', () => {
    const pauses = Array.from({ length: 60 }, (_, index) => pauseBefore(index + 1, 0.5));
    expect(pauses[0]).toBe(FIRST_MS);
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses.at(-1)).toBe(LONGEST_MS);
    expect(pauseBefore(1e9, 0.5)).toBe(LONGEST_MS);
  });

  test('is spread by a fifth to both sides', () => {
    expect([pauseBefore(1, 0), pauseBefore(1, 1)]).toEqual([800, 1200]);
  });
});

describe('motion', () => {
  const sample = (at: number, position: number) => ({ at, position, held: false, pictured: true });

  test('is an advancing position, not the first seek', () => {
    const motion = new Motion(0);
    expect(motion.observe({ ...sample(0, 0), pictured: false })).toBe('undecided');
    expect(motion.observe({ ...sample(250, 40), pictured: false })).toBe('undecided');
    expect(motion.observe(sample(500, 40))).toBe('undecided');
    expect(motion.observe(sample(750, 40.2))).toBe('moving');
  });

  test('ends when the position stands still too long', () => {
    const motion = new Motion(0);
    motion.observe(sample(0, 1));
    motion.observe(sample(250, 1.2));
    expect(motion.observe(sample(250 + STUCK_MS - 1, 1.2))).toBe('undecided');
    expect(motion.observe(sample(250 + STUCK_MS, 1.2))).toBe('stuck');
  });

  test('gives a new engine longer for its first picture', () => {
    const motion = new Motion(1000);
    expect(motion.observe(sample(1000 + FIRST_PICTURE_MS - 1, 0))).toBe('undecided');
    expect(motion.observe(sample(1000 + FIRST_PICTURE_MS, 0))).toBe('stuck');
  });

  test('never takes a paused picture for a stuck one', () => {
    const motion = new Motion(0);
    expect(motion.observe({ ...sample(1e6, 3), held: true })).toBe('moving');
    expect(motion.observe(sample(1e6 + 100, 3))).toBe('undecided');
  });
});

describe('the live edge', () => {
  test('is kept within three target durations while following', () => {
    expect(judge({ latency: 5.9, aim: 4, targetDuration: 2 }, true)).toEqual({ behind: false, jump: false });
    expect(judge({ latency: 6.1, aim: 4, targetDuration: 2 }, true)).toEqual({ behind: true, jump: true });
  });

  test('is only offered to a viewer who paused', () => {
    expect(judge({ latency: 60, aim: 4, targetDuration: 2 }, false)).toEqual({ behind: true, jump: false });
  });

  test('is followed again after go live, or once the viewer is near it again', () => {
    const far = { latency: 9, aim: 4, targetDuration: 2 };
    const near = { latency: 4, aim: 4, targetDuration: 2 };
    const place = new Place();
    expect(place.judge(far).jump).toBe(true);
    place.hold();
    expect(place.judge(far)).toEqual({ behind: true, jump: false });
    place.release();
    expect(place.judge(far)).toEqual({ behind: true, jump: false });
    place.judge(near);
    expect(place.judge(far).jump).toBe(true);
    place.hold();
    place.follow();
    place.release();
    expect(place.judge(far).jump).toBe(true);
  });

  test('causes no jump where the server itself asks for a long hold-back', () => {
    expect(judge({ latency: 8.2, aim: 8, targetDuration: 2 }, true).jump).toBe(false);
  });

  test('is not judged from figures that are not there yet', () => {
    expect(judge({ latency: Number.NaN, aim: 0, targetDuration: 0 }, true)).toEqual({
      behind: false,
      jump: false,
    });
  });
});

describe('a look', () => {
  const list = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nseg1.m4s\n';

  test('finds the first variant of a master', () => {
    expect(firstVariant('#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\n\r\n# note\r\nv/720.m3u8\r\n')).toBe(
      'v/720.m3u8',
    );
    expect(firstVariant(list)).toBeNull();
  });

  test('tells a running playlist from one that stands still, has ended, is empty or is none', () => {
    expect(judgePlaylist(list, null)).toBe('ready');
    expect(judgePlaylist(list, list)).toBe('still');
    expect(judgePlaylist(`${list}#EXTINF:2,\nseg2.m4s\n`, list)).toBe('ready');
    expect(judgePlaylist(`${list}#EXT-X-ENDLIST\n`, null)).toBe('ended');
    expect(judgePlaylist('#EXTM3U\n#EXT-X-PART:DURATION=0.3,URI="p"\n', null)).toBe('ready');
    expect(judgePlaylist('#EXTM3U\n#EXT-X-TARGETDURATION:2\n', null)).toBe('missing');
    expect(judgePlaylist('<html>', null)).toBe('missing');
  });

  test('takes only a refused credential for hopeless', () => {
    expect([401, 403].map(judgeStatus)).toEqual(['forbidden', 'forbidden']);
    expect([404, 410, 400].map(judgeStatus)).toEqual(['missing', 'missing', 'missing']);
    expect([429, 500, 503].map(judgeStatus)).toEqual(['unreachable', 'unreachable', 'unreachable']);
  });
});

describe('the words', () => {
  test('are a sentence in every waiting and error state', () => {
    const states: Show[] = [
      ...(['missing', 'ended', 'stalled', 'unreachable'] as const).map(
        (gap): Show => ({ phase: 'waiting', gap }),
      ),
      ...(['address', 'forbidden', 'unsupported', 'undecodable'] as const).map(
        (fault): Show => ({ phase: 'error', fault }),
      ),
    ];
    const sentences = states.map((state) => wordsFor(state, false, false).sentence);
    expect(new Set(sentences).size).toBe(states.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].+\.$|\/play\/program\/main\.$/);
  });

  test('call only the live moment live', () => {
    const live: Show = { phase: 'live' };
    expect(wordsFor(live, false, false).badge).toBe('Live');
    expect(wordsFor(live, true, false).badge).toBe('Paused');
    expect(wordsFor(live, false, true).badge).toBe('Behind');
  });

  test('give the latency with one decimal below ten seconds', () => {
    expect([latencyText(2.04), latencyText(9.96), latencyText(61.4), latencyText(-0.1)]).toEqual([
      '2.0 s',
      '10 s',
      '61 s',
      '0.0 s',
    ]);
  });
});
