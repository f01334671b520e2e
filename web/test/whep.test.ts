import { describe, expect, test } from 'vitest';
import { CONNECT_MS, DECODE_MS, Flow, HEAL_MS, QUIET_MS, type Sample } from '../src/play/whep/flow.ts';
import { type Event, next, type Order, START, type State } from '../src/play/whep/state.ts';
import { withStereo } from '../src/webrtc/sdp.ts';

const sample = (at: number, rest: Partial<Sample> = {}): Sample => ({
  at,
  connection: 'connected',
  videoPackets: 0,
  frames: 0,
  audioPackets: 0,
  ...rest,
});

describe('the counters of a connection', () => {
  test('tell opening, an advancing picture and an interrupted one', () => {
    const flow = new Flow(0);
    expect(flow.observe(sample(100, { connection: 'connecting' }))).toBe('opening');
    expect(flow.observe(sample(200))).toBe('undecided');
    expect(flow.observe(sample(300, { videoPackets: 9 }))).toBe('undecided');
    expect(flow.observe(sample(400, { videoPackets: 20, frames: 1 }))).toBe('moving');
    expect(flow.observe(sample(399 + QUIET_MS, { videoPackets: 20, frames: 1 }))).toBe('undecided');
    expect(flow.observe(sample(400 + QUIET_MS, { videoPackets: 20, frames: 1 }))).toBe('quiet');
    expect(flow.moved).toBe(true);
  });

  test('call a connected room without media quiet, and its first picture a picture', () => {
    const flow = new Flow(0);
    flow.observe(sample(0));
    expect(flow.observe(sample(QUIET_MS))).toBe('quiet');
    expect(flow.observe(sample(1e6))).toBe('quiet');
    expect(flow.observe(sample(1e6 + 250, { videoPackets: 5, frames: 2 }))).toBe('moving');
  });

  test('bar WebRTC where the connection never stands', () => {
    const slow = new Flow(0);
    expect(slow.observe(sample(CONNECT_MS - 1, { connection: 'connecting' }))).toBe('opening');
    expect(slow.observe(sample(CONNECT_MS, { connection: 'connecting' }))).toBe('barred');
    expect(new Flow(0).observe(sample(10, { connection: 'failed' }))).toBe('barred');
  });

  test('bar WebRTC where video arrives and is never decoded, with or without sound', () => {
    const flow = new Flow(0);
    let verdict = '';
    for (let at = 0; at <= DECODE_MS + 250; at += 250) {
      verdict = flow.observe(sample(at, { videoPackets: at + 1, audioPackets: at + 1 }));
    }
    expect(verdict).toBe('barred');
  });

  test('do not take the last packets of a publisher for a fault of decoding', () => {
    const flow = new Flow(0);
    flow.observe(sample(0, { videoPackets: 5, frames: 1 }));
    flow.observe(sample(250, { videoPackets: 6, frames: 1 }));
    const rest = { videoPackets: 6, frames: 1 };
    for (let at = 500; at < 3 * DECODE_MS; at += 250) {
      expect(['undecided', 'quiet']).toContain(flow.observe(sample(at, rest)));
    }
  });

  test('give a broken connection a moment, then give it up', () => {
    const flow = new Flow(0);
    flow.observe(sample(0, { videoPackets: 5, frames: 1 }));
    const broken = { connection: 'disconnected', videoPackets: 5, frames: 1 } as const;
    expect(flow.observe(sample(1000, broken))).toBe('undecided');
    expect(flow.observe(sample(1000 + HEAL_MS, broken))).toBe('lost');
    const failed = new Flow(0);
    failed.observe(sample(0));
    expect(failed.observe(sample(100, { connection: 'failed' }))).toBe('lost');
  });

  test('know sound without a picture', () => {
    const flow = new Flow(0);
    flow.observe(sample(0));
    expect(flow.observe(sample(250, { audioPackets: 10 }))).toBe('moving');
    expect(flow.soundOnly).toBe(true);
    flow.observe(sample(500, { audioPackets: 20, videoPackets: 8, frames: 1 }));
    expect(flow.soundOnly).toBe(false);
  });
});

describe('WebRTC playback', () => {
  const flow = (verdict: 'moving' | 'quiet' | 'lost' | 'barred', moved = false): Event => ({
    type: 'flow',
    verdict,
    moved,
  });
  const refused = (status: number): Event => ({ type: 'refused', status });

  function run(events: readonly Event[], from: State = START): { state: State; orders: Order[] } {
    let state = from;
    const orders: Order[] = [];
    for (const event of events) {
      const [after, order] = next(state, event);
      state = after;
      orders.push(order);
    }
    return { state, orders };
  }

  test('waits in an empty room on the open connection and goes live on it', () => {
    const { state, orders } = run([flow('quiet'), flow('quiet'), flow('moving')]);
    expect(run([flow('quiet')]).state.show).toEqual({ phase: 'waiting', gap: 'missing' });
    expect(state).toEqual({ show: { phase: 'live' }, attempt: 0 });
    expect(new Set(orders)).toEqual(new Set(['none']));
  });

  test('says interrupted, not empty, once something was seen', () => {
    expect(run([flow('moving'), flow('quiet', true)]).state.show).toEqual({
      phase: 'waiting',
      gap: 'stalled',
    });
  });

  test('connects again for ever while the server does not answer, with growing attempts', () => {
    const { state, orders } = run([flow('moving'), flow('lost', true), refused(0), refused(0), refused(0)]);
    expect(state).toEqual({ show: { phase: 'waiting', gap: 'unreachable' }, attempt: 4 });
    expect(new Set(orders.slice(1))).toEqual(new Set(['open-later']));
    expect(run([flow('moving')], state).state.attempt).toBe(0);
  });

  test('stops where access is refused, until the viewer tries again', () => {
    for (const status of [401, 403]) {
      const { state, orders } = run([refused(status)]);
      expect(state.show).toEqual({ phase: 'error', fault: 'forbidden' });
      expect(orders).toEqual(['close']);
      expect(run([{ type: 'again' }], state)).toEqual({ state: START, orders: ['open'] });
    }
  });

  test('tells the player when the server or the network does not do WebRTC', () => {
    for (const event of [refused(404), refused(405), refused(406), flow('barred')]) {
      expect(run([event]).orders).toEqual(['bar']);
    }
  });

  test('takes a failing server for a starting one at first', () => {
    expect(run([refused(503), refused(502), refused(503)]).orders).toEqual([
      'open-later',
      'open-later',
      'bar',
    ]);
    expect(run(Array.from({ length: 9 }, () => refused(429))).orders).not.toContain('bar');
  });

  test('leaves a running picture alone when asked to try again', () => {
    const live = run([flow('moving')]).state;
    expect(run([{ type: 'again' }], live)).toEqual({ state: live, orders: ['none'] });
  });
});

describe('the offer', () => {
  test('asks for both channels of Opus, once', () => {
    const sdp =
      'm=audio 9\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=sendrecv\r\n';
    const changed = withStereo(sdp);
    expect(changed).toContain('a=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\na=sendrecv\r\n');
    expect(withStereo(changed)).toBe(changed);
  });

  test('is left alone without Opus', () => {
    const sdp = 'm=video 9\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n';
    expect(withStereo(sdp)).toBe(sdp);
  });
});
