import { expect, test } from 'vitest';
import {
  type Address,
  cameraUrl,
  dataUrl,
  masterUrl,
  mjpegUrl,
  parseAddress,
  playTokenUrl,
  streamUrl,
  whepUrl,
  whipUrl,
} from '../src/play/address.ts';

const ORIGIN = 'http://show.example:8080';

function address(path: string, search = ''): Address {
  const found = parseAddress(path, search);
  if (found === null) throw new Error(`${path}${search} was refused`);
  return found;
}
const CAM = address('/play/live/cam');
const WISHES = address('/play/live/cam', '?token=t&stream=a%2Fb&layout=grid');

test('page, app and room come from the path, with or without a closing slash', () => {
  const none = { token: null, via: null, stream: null, layout: null };
  expect(address('/play/program/main')).toEqual({ page: 'play', app: 'program', room: 'main', ...none });
  expect(address('/embed/program/main/')).toEqual({ page: 'embed', app: 'program', room: 'main', ...none });
  expect(address('/publish/live/me').page).toBe('publish');
});

test('a path that names no stream is refused', () => {
  for (const path of [
    '/',
    '/play',
    '/play/live',
    '/play/a/b/c',
    '/watch/a/b',
    '/play/a/b%2Fc',
    '/play/a/..',
  ]) {
    expect(parseAddress(path, ''), path).toBeNull();
  }
});

test('wishes are read, and those that mean nothing are ignored', () => {
  expect(address('/play/a/b', '?via=hls&layout=speaker&stream=x')).toMatchObject({
    via: 'hls',
    layout: 'speaker',
    stream: 'x',
  });
  expect(address('/play/a/b', '?via=rtmp&layout=mosaic&stream=&token=')).toEqual(address('/play/a/b'));
});

test('the token travels to the master playlist, escaped', () => {
  const cam = address('/play/live/cam-1', '?x=1&token=a%26b%2Bc');
  expect(cam.token).toBe('a&b+c');
  expect(masterUrl(cam)).toBe('/hls/live/cam-1/master.m3u8?token=a%26b%2Bc');
  expect(masterUrl(CAM)).toBe('/hls/live/cam/master.m3u8');
});

test('one publisher or a layout is asked for over WebRTC and HLS alike', () => {
  expect(whepUrl(WISHES)).toBe('/whep/live/cam?stream=a%2Fb&layout=grid');
  expect(masterUrl(WISHES)).toBe('/hls/live/cam/master.m3u8?stream=a%2Fb&layout=grid&token=t');
  expect(streamUrl('/hls/a/b/1.m4s', WISHES, ORIGIN)).toBe(
    `${ORIGIN}/hls/a/b/1.m4s?stream=a%2Fb&layout=grid&token=t`,
  );
});

test('the token is added to requests of the own server only', () => {
  const own = address('/play/live/cam', '?token=t');
  expect(streamUrl('/hls/a/b/1.m4s?_HLS_msn=4', own, ORIGIN)).toBe(
    `${ORIGIN}/hls/a/b/1.m4s?_HLS_msn=4&token=t`,
  );
  expect(streamUrl('https://cdn.example/1.m4s', own, ORIGIN)).toBe('https://cdn.example/1.m4s');
  expect(streamUrl(`${ORIGIN}/1.m4s?token=own`, own, ORIGIN)).toBe(`${ORIGIN}/1.m4s?token=own`);
  expect(streamUrl('/1.m4s', CAM, ORIGIN)).toBe('/1.m4s');
});

test('a token stays out of addresses whose requests carry it in a header', () => {
  expect(whepUrl(WISHES)).not.toContain('token');
  expect(whipUrl(WISHES)).toBe('/whip/live/cam');
  expect(playTokenUrl(WISHES)).toBe('/api/v1/apps/live/play-token/cam');
});

test('each try of a camera has an address of its own', () => {
  expect(mjpegUrl(CAM, 7)).toBe('/live/live/cam/mjpeg?t=7');
  expect(mjpegUrl(WISHES, 8)).toBe('/live/live/cam/mjpeg?token=t&t=8');
  expect(cameraUrl(CAM)).toBe('/api/v1/apps/live/ws-ingest/live/cam');
});

test('the room is joined on the own server, as safely as the page came', () => {
  expect(dataUrl(WISHES, ORIGIN)).toBe('ws://show.example:8080/live/data?app=live&room=cam&token=t');
  expect(dataUrl(CAM, 'https://s.example')).toBe('wss://s.example/live/data?app=live&room=cam');
});
