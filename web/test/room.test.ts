import { describe, expect, test } from 'vitest';
import { parseAddress } from '../src/play/address.ts';
import { isCamera } from '../src/play/camera.ts';
import { tokenOf } from '../src/play/credential.ts';
import { LONGEST_BODY, readMessage, writeChat, writeReaction } from '../src/play/room/messages.ts';
import { countText } from '../src/play/room/room.ts';
import { linksOf } from '../src/play/share.ts';

const read = (value: unknown) => readMessage(JSON.stringify(value));

describe("the room's messages", () => {
  test('say what the app has on; chat and reactions are off until they are said to be on', () => {
    expect(read({ topic: 'hello', chat: true, reactions: false, viewers: false })).toEqual({
      topic: 'hello',
      hello: { chat: true, reactions: false, viewers: false },
    });
    expect(read({ topic: 'hello' })).toEqual({
      topic: 'hello',
      hello: { chat: false, reactions: false, viewers: true },
    });
  });

  test('carry viewers, chat and reactions', () => {
    expect(read({ topic: 'viewers', count: 3 })).toEqual({ topic: 'viewers', count: 3 });
    expect(read({ topic: 'chat', id: 'a', sender: 'Ana', body: ' hi ', ts: 5 })).toEqual({
      topic: 'chat',
      chat: { id: 'a', sender: 'Ana', body: 'hi', at: 5 },
    });
    expect(read({ topic: 'reaction', id: 'b', emoji: '🎉', sender: 'x', ts: 5 })).toEqual({
      topic: 'reaction',
      emoji: '🎉',
    });
  });

  test('take times as numbers or ISO text, and a missing sender for a guest', () => {
    expect(read({ topic: 'chat', body: 'x', ts: '1970-01-01T00:00:01.000Z' })).toMatchObject({
      chat: { sender: 'Guest', at: 1000 },
    });
    expect(read({ topic: 'chat', body: 'x', ts: 'soon' })).toMatchObject({ chat: { at: null } });
  });

  test('are ignored when they do not fit', () => {
    const odd = [{}, [], null, 7, { topic: 'viewers', count: -1 }, { topic: 'viewers', count: '3' }];
    for (const value of [...odd, { topic: 'chat', body: '  ' }, { topic: 'reaction' }, { topic: 'news' }]) {
      expect(read(value)).toBeNull();
    }
    expect(readMessage('{')).toBeNull();
  });

  test('are cut to what a page can show', () => {
    expect(read({ topic: 'chat', body: 'x'.repeat(9999) })).toMatchObject({
      chat: { body: 'x'.repeat(LONGEST_BODY) },
    });
  });

  test('say why the own message was not passed on', () => {
    const codes = ['rate_limited', 'too_large', 'disabled', 'bad_message'];
    const texts = codes.map((code) => read({ topic: 'error', code }));
    expect(new Set(texts.map((one) => one?.topic === 'error' && one.message)).size).toBe(codes.length);
  });

  test('read back what was written', () => {
    expect(readMessage(writeChat('1', 'Ana', 'hello', 9))).toEqual({
      topic: 'chat',
      chat: { id: '1', sender: 'Ana', body: 'hello', at: 9 },
    });
    expect(readMessage(writeReaction('1', 'Ana', '👏', 9))).toEqual({ topic: 'reaction', emoji: '👏' });
  });
});

test("the API's answers are read with and without their envelope", () => {
  expect(tokenOf({ data: { token: 'abc' } })).toBe('abc');
  expect(tokenOf({ token: 'abc' })).toBe('abc');
  expect([tokenOf({ data: {} }), tokenOf(null), tokenOf({ data: null })]).toEqual([null, null, null]);
  expect(isCamera({ data: { active: true, type: 'ws-mjpeg' } })).toBe(true);
  expect(isCamera({ active: true, type: 'ws-mjpeg', room: 'r' })).toBe(true);
  expect(isCamera({ data: { active: true, type: 'other' } })).toBe(false);
  expect(isCamera({ data: { active: false, type: null } })).toBe(false);
});

test('a badge shows a large audience short', () => {
  expect([0, 999, 1000, 1290, 9999, 34567].map(countText)).toEqual(['0', '999', '1k', '1.2k', '9.9k', '34k']);
});

describe('shared links', () => {
  const address = parseAddress('/play/live/cam', '?token=a%26b&layout=grid');
  if (address === null) throw new Error('refused');

  test('leave the own access out unless it was chosen', () => {
    const links = linksOf(address, 'https://s.example', false);
    expect(Object.values(links).join()).not.toContain('token');
    expect(links.play).toBe('https://s.example/play/live/cam?layout=grid');
    expect(links.hls).toBe('https://s.example/hls/live/cam/master.m3u8?layout=grid');
  });

  test('carry it escaped when it was', () => {
    const links = linksOf(address, 'https://s.example', true);
    expect(links.whep).toBe('https://s.example/whep/live/cam?layout=grid&token=a%26b');
    expect(links.embed).toContain('src="https://s.example/embed/live/cam?layout=grid&amp;token=a%26b"');
  });
});
