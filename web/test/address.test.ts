import { expect, test } from 'vitest';
import { masterUrl, parseAddress, withToken } from '../src/play/address.ts';

const ORIGIN = 'http://show.example:8080';

test('app and room come from the path, with or without a closing slash', () => {
  const expected = { app: 'program', room: 'main', token: null };
  expect(parseAddress('/play/program/main', '')).toEqual(expected);
  expect(parseAddress('/play/program/main/', '')).toEqual(expected);
});

test('a path that names no stream is refused', () => {
  for (const path of [
    '/',
    '/play',
    '/play/live',
    '/play/a/b/c',
    '/embed/a/b',
    '/play/a/b%2Fc',
    '/play/a/..',
  ]) {
    expect(parseAddress(path, ''), path).toBeNull();
  }
});

test('the token travels to the master playlist, escaped', () => {
  const address = parseAddress('/play/live/cam-1', '?x=1&token=a%26b%2Bc');
  expect(address?.token).toBe('a&b+c');
  if (address === null) throw new Error('refused');
  expect(masterUrl(address)).toBe('/hls/live/cam-1/master.m3u8?token=a%26b%2Bc');
});

test('an empty token is no token', () => {
  expect(parseAddress('/play/live/cam', '?token=')?.token).toBeNull();
  expect(masterUrl({ app: 'live', room: 'cam', token: null })).toBe('/hls/live/cam/master.m3u8');
});

test('the token is added to requests of the own server only', () => {
  expect(withToken('/hls/a/b/1.m4s?_HLS_msn=4', 't', ORIGIN)).toBe(
    `${ORIGIN}/hls/a/b/1.m4s?_HLS_msn=4&token=t`,
  );
  expect(withToken('https://cdn.example/1.m4s', 't', ORIGIN)).toBe('https://cdn.example/1.m4s');
  expect(withToken(`${ORIGIN}/1.m4s?token=own`, 't', ORIGIN)).toBe(`${ORIGIN}/1.m4s?token=own`);
  expect(withToken('/1.m4s', null, ORIGIN)).toBe('/1.m4s');
});
