import { describe, expect, test } from 'vitest';
import {
  AWAY_LOOKS,
  type Event,
  type Means,
  next,
  type Order,
  START,
  type State,
  shown,
  WHEP_REST_MS,
} from '../src/play/state.ts';

const ALL: Means = { forced: null, whep: true, hls: true };
const BARRED: Event = { type: 'barred' };
const LIVE: Event = { type: 'said', show: { phase: 'live' } };
const WAITING: Event = { type: 'said', show: { phase: 'waiting', gap: 'missing' } };
const looked = (camera: boolean | null): Event => ({ type: 'looked', camera });

function run(events: readonly Event[], means = ALL, at = 0, from: State = START) {
  let state = from;
  const orders: Order[] = [];
  for (const event of events) {
    const [after, order] = next(state, event, means, at);
    state = after;
    orders.push(order);
  }
  return { state, orders, last: orders.at(-1) };
}

describe('the way to play', () => {
  test('is the frames of a camera that is on air, else WebRTC', () => {
    expect(run([looked(true)])).toMatchObject({ state: { via: 'mjpeg' }, last: 'start' });
    expect(run([looked(false)])).toMatchObject({ state: { via: 'whep' }, last: 'start' });
    expect(run([looked(null)])).toMatchObject({ state: { via: 'whep' }, last: 'start' });
  });

  test('is what the address forces, whatever is found', () => {
    for (const forced of ['whep', 'hls', 'mjpeg'] as const) {
      const { state } = run([looked(true), looked(false), looked(true), BARRED], { ...ALL, forced });
      expect(state.via).toBe(forced);
    }
  });

  test('is what the browser can do', () => {
    expect(run([looked(false)], { ...ALL, whep: false }).state.via).toBe('hls');
    expect(run([looked(false), BARRED], { ...ALL, hls: false }).state.via).toBe('whep');
    expect(run([looked(false)], { forced: null, whep: false, hls: false })).toMatchObject({
      state: { said: { phase: 'error', fault: 'unsupported' } },
      last: 'none',
    });
  });

  test('falls back to HLS where WebRTC does not get through, and shows that as connecting', () => {
    expect(run([looked(false), WAITING, BARRED])).toMatchObject({
      state: { via: 'hls', said: { phase: 'connecting' } },
      last: 'start',
    });
  });

  test('returns to WebRTC after a rest, but never out of a running picture', () => {
    const { state } = run([looked(false), BARRED, LIVE]);
    expect(run([WAITING], ALL, WHEP_REST_MS - 1, state).state.via).toBe('hls');
    expect(run([LIVE], ALL, WHEP_REST_MS, state).state.via).toBe('hls');
    expect(run([WAITING], ALL, WHEP_REST_MS, state)).toMatchObject({ state: { via: 'whep' }, last: 'start' });
  });

  test('stays with HLS where the browser has no WebRTC', () => {
    const means = { ...ALL, whep: false };
    const { state } = run([looked(false), LIVE], means);
    expect(run([WAITING], means, 10 * WHEP_REST_MS, state).state.via).toBe('hls');
  });

  test('changes to a camera that comes on air later', () => {
    expect(run([looked(false), WAITING, looked(true)])).toMatchObject({
      state: { via: 'mjpeg' },
      last: 'start',
    });
    expect(run([looked(false), BARRED, looked(true)]).state.via).toBe('mjpeg');
  });
});

describe('a camera that goes away', () => {
  const ON_AIR = run([looked(true), LIVE]).state;

  test('is waited for, with its connection kept', () => {
    const { state, orders } = run([looked(false)], ALL, 0, ON_AIR);
    expect([ON_AIR, state].map((one) => shown(one).phase)).toEqual(['live', 'waiting']);
    expect(orders).toEqual(['none']);
  });

  test('is connected to anew when it returns', () => {
    const { state, orders } = run([looked(false), looked(true)], ALL, 0, ON_AIR);
    expect(orders).toEqual(['none', 'poke']);
    expect(shown(state).phase).toBe('live');
    expect(run([looked(true)], ALL, 0, ON_AIR).orders).toEqual(['none']);
  });

  test('gives way to other publishers after some looks, but not while the server is away', () => {
    const looks = (camera: boolean | null) => Array.from({ length: AWAY_LOOKS }, () => looked(camera));
    expect(run(looks(false), ALL, 0, ON_AIR)).toMatchObject({ state: { via: 'whep' }, last: 'start' });
    expect(run(looks(null), ALL, 0, ON_AIR)).toMatchObject({ state: { via: 'mjpeg' }, last: 'none' });
  });
});

describe('an error', () => {
  const refused: Event = { type: 'said', show: { phase: 'error', fault: 'forbidden' } };

  test('stays until the viewer tries again, which starts from the beginning', () => {
    const { state } = run([looked(false), refused]);
    expect(run([looked(true), BARRED], { ...ALL, forced: 'whep' }, 0, state).state.said).toEqual(state.said);
    expect(run([{ type: 'again' }], ALL, 0, state)).toEqual({ state: START, orders: ['look'], last: 'look' });
  });
});

test('trying again pokes who waits and leaves a running picture alone', () => {
  expect(run([looked(false), WAITING, { type: 'again' }]).last).toBe('poke');
  expect(run([looked(false), LIVE, { type: 'again' }]).last).toBe('none');
});
