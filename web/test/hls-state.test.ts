import { describe, expect, test } from 'vitest';
import {
  type Event,
  type Finding,
  MAX_ATTEMPTS,
  next,
  type Order,
  START,
  type State,
} from '../src/play/hls/state.ts';

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
const looked = (finding: Finding): Event => ({ type: 'looked', finding });
const MOVING: Event = { type: 'moving' };
const STUCK: Event = { type: 'stuck' };
const LIVE = run([looked('ready'), MOVING]).state;

describe('HLS playback', () => {
  test('goes live when a stream is found and its picture moves', () => {
    const { state, orders } = run([looked('ready'), MOVING]);
    expect(state).toEqual({ phase: 'live', engine: true, attempt: 0 });
    expect(orders).toEqual(['restart', 'settle']);
  });

  test('waits for a room without a stream and looks again for ever', () => {
    const { state, orders } = run(Array.from({ length: 500 }, () => looked('missing')));
    expect(state).toEqual({ phase: 'waiting', gap: 'missing', engine: false, attempt: 500 });
    expect(new Set(orders)).toEqual(new Set(['look-later']));
  });

  test('comes back live from every kind of gap', () => {
    for (const finding of ['missing', 'ended', 'unreachable', 'still'] as const) {
      expect(run([looked(finding), looked('ready'), MOVING]).state.phase).toBe('live');
    }
  });

  test('leaves a stalled engine some looks to recover before it is rebuilt', () => {
    const { state, orders } = run(
      [STUCK, ...Array.from({ length: MAX_ATTEMPTS }, () => looked('ready'))],
      LIVE,
    );
    expect(orders).toEqual(['look-later', 'look-later', 'look-later', 'restart']);
    expect(state.phase).toBe('waiting');
    expect(run([MOVING], state).state.phase).toBe('live');
  });

  test('does not replay the last seconds of a playlist that stands still', () => {
    const { state, orders } = run(
      [STUCK, looked('ready'), ...Array.from({ length: 50 }, () => looked('still'))],
      LIVE,
    );
    expect(orders).not.toContain('restart');
    expect(state).toMatchObject({ phase: 'waiting', gap: 'stalled' });
  });

  test('keeps looking when a rebuilt engine shows no picture either', () => {
    const rebuilt = run([looked('missing'), looked('ready')]);
    expect(rebuilt.orders.at(-1)).toBe('restart');
    expect(run([STUCK], rebuilt.state).orders).toEqual(['look-later']);
  });

  test('lets the engine go when the stream went away', () => {
    expect(run([STUCK, looked('missing')], LIVE).orders.at(-1)).toBe('stop-and-look-later');
    expect(run([{ type: 'broke', gap: 'ended' }], LIVE)).toEqual({
      state: { phase: 'waiting', gap: 'ended', engine: false, attempt: 1 },
      orders: ['stop-and-look-later'],
    });
  });

  test('keeps a stalled engine while the server cannot be reached', () => {
    const { state } = run([STUCK, looked('unreachable')], LIVE);
    expect(state).toEqual({ phase: 'waiting', gap: 'unreachable', engine: true, attempt: 2 });
  });

  test('ignores a late look once the picture moves', () => {
    expect(run([looked('missing'), looked('forbidden')], LIVE)).toEqual({
      state: LIVE,
      orders: ['none', 'none'],
    });
  });

  test('stops at an error until the viewer tries again', () => {
    const refused = run([looked('forbidden')]);
    expect(refused.state).toMatchObject({ phase: 'error', fault: 'forbidden' });
    expect(refused.orders).toEqual(['stop']);
    expect(run([looked('ready'), MOVING, STUCK], refused.state).state).toBe(refused.state);
    expect(run([{ type: 'again' }], refused.state)).toEqual({ state: START, orders: ['look-now'] });
  });

  test('looks at once when asked while waiting, and leaves a running picture alone', () => {
    const waiting = run([looked('missing')]).state;
    expect(run([{ type: 'again' }], waiting).orders).toEqual(['look-now']);
    expect(run([{ type: 'again' }], LIVE).orders).toEqual(['none']);
  });

  test('starts the pauses afresh after each picture', () => {
    const { state } = run([looked('missing'), looked('missing'), looked('ready'), MOVING, STUCK]);
    expect(state.attempt).toBe(1);
  });
});
