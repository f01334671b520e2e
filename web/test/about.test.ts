import { expect, test } from 'vitest';
import { aboutOf, isUnknown, titleOf } from '../src/play/about.ts';
import { next, START } from '../src/play/state.ts';
import { wordsFor } from '../src/play/words.ts';
import { bitrateText, levelOf, pictureText, sampleOf, timeText } from '../src/publish/figures.ts';

test('what the server tells of a room is read with and without an envelope', () => {
  const told = { app: 'Live', room: 'Main camera', known: false };
  expect(aboutOf({ data: told })).toEqual(told);
  expect(aboutOf({ app: 'Live', room: 'x' })).toEqual({ app: 'Live', room: 'x', known: true });
  for (const odd of [null, {}, { data: null }, { app: 1, room: 'x' }, 'text'])
    expect(aboutOf(odd)).toBeNull();
});

test("only the server's own answer says that there is no such app", () => {
  expect(isUnknown(404, { data: null, error: { code: 'unknown_room' } })).toBe(true);
  expect(isUnknown(404, { error: { code: 'not_found' } })).toBe(false);
  expect(isUnknown(404, null)).toBe(false);
  expect(isUnknown(502, { error: { code: 'unknown_room' } })).toBe(false);
});

test('titles are display names', () => {
  expect(titleOf({ app: 'City Hall', room: 'Main camera', known: true })).toBe('City Hall · Main camera');
  expect(titleOf({ app: 'Program', room: 'program', known: true })).toBe('Program');
});

test('an app that does not exist is an error, and trying again looks afresh', () => {
  const means = { forced: null, whep: true, hls: true };
  const [state] = next(START, { type: 'unknown' }, means, 0);
  expect(state.said).toEqual({ phase: 'error', fault: 'unknown' });
  expect(wordsFor(state.said, false, false).headline).toBe('There is no such app');
  expect(next(state, { type: 'looked', camera: false }, means, 0)[1]).toBe('none');
  expect(next(state, { type: 'again' }, means, 0)).toEqual([START, 'look']);
});

test('a room that does not exist says so and still waits', () => {
  const show = { phase: 'waiting', gap: 'missing' } as const;
  expect(wordsFor(show, false, false, false).headline).toBe('There is no such room yet');
  expect(wordsFor(show, false, false, true).headline).toBe('Waiting for the stream');
  expect(wordsFor({ phase: 'waiting', gap: 'ended' }, false, false, false).headline).toBe(
    'The stream has ended',
  );
});

test('the figures of a broadcast', () => {
  const report = [
    { type: 'outbound-rtp', kind: 'audio', bytesSent: 1000, headerBytesSent: 100 },
    {
      type: 'outbound-rtp',
      kind: 'video',
      bytesSent: 9000,
      frameWidth: 1280,
      frameHeight: 720,
      framesPerSecond: 29.6,
    },
    { type: 'candidate-pair', bytesSent: 1e9 },
  ];
  const first = sampleOf([], 1000);
  const second = sampleOf(report, 2000);
  expect(bitrateText(null, second)).toBe('–');
  expect(bitrateText(first, second)).toBe('81 kbit/s');
  expect(bitrateText(first, { ...second, bytes: 312_500 })).toBe('2.5 Mbit/s');
  expect(bitrateText(second, first)).toBe('–');
  expect(pictureText(second)).toBe('1280×720, 30 fps');
  expect(pictureText(first)).toBe('Sound only');
  expect([0, 7400, 754_000, 3_723_000].map(timeText)).toEqual(['0:00', '0:07', '12:34', '1:02:03']);
});

test('the meter shows decibels', () => {
  expect([0, 0.0005, 1, 2].map(levelOf)).toEqual([0, 0, 1, 1]);
  expect(levelOf(0.1)).toBeCloseTo(2 / 3);
});
