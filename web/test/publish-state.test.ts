import { expect, test } from 'vitest';
import { type Event, next, type Order, START, type State } from '../src/publish/state.ts';
import { wordsFor } from '../src/publish/words.ts';

const GO: Event = { type: 'go' };
const STOP: Event = { type: 'stop' };
const CONNECTED: Event = { type: 'connected' };
const LOST: Event = { type: 'lost' };
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

test('a broadcast goes live and is stopped by hand', () => {
  expect(run([GO, CONNECTED]).state).toEqual({ phase: 'live' });
  expect(run([GO, CONNECTED, STOP])).toEqual({ state: START, orders: ['open', 'none', 'close'] });
});

test('a lost connection is made anew, also while the server is away', () => {
  const { state, orders } = run([GO, CONNECTED, LOST, refused(0), refused(503), refused(429)]);
  expect(state).toEqual({ phase: 'waiting', attempt: 4 });
  expect(orders.slice(2)).toEqual(['open-later', 'open-later', 'open-later', 'open-later']);
  expect(run([CONNECTED], state).state).toEqual({ phase: 'live' });
});

test('after a loss the own former session is waited for', () => {
  expect(run([GO, CONNECTED, LOST, refused(409)]).state).toEqual({ phase: 'waiting', attempt: 2 });
});

test('a refusal ends it with its reason, and another try begins afresh', () => {
  for (const [status, fault] of [
    [401, 'forbidden'],
    [403, 'forbidden'],
    [409, 'taken'],
    [406, 'refused'],
    [404, 'unknown'],
    [400, 'refused'],
  ] as const) {
    const { state, orders } = run([GO, refused(status)]);
    expect(state).toEqual({ phase: 'error', fault });
    expect(orders.at(-1)).toBe('close');
    expect(run([GO], state)).toEqual({ state: { phase: 'connecting', attempt: 0 }, orders: ['open'] });
  }
});

test('what arrives after the end changes nothing', () => {
  for (const late of [CONNECTED, LOST, refused(0)]) {
    expect(run([GO, STOP, late])).toMatchObject({ state: START });
    expect(run([GO, refused(403), late]).state.phase).toBe('error');
  }
});

test('pressing twice opens once', () => {
  expect(run([GO, GO]).orders).toEqual(['open', 'none']);
});

test('the button stops whatever is on air or on the way there', () => {
  expect(run([GO]).state).toSatisfy((state: State) => wordsFor(state).button === 'Stop');
  expect(run([GO, CONNECTED, LOST]).state).toSatisfy((state: State) => wordsFor(state).button === 'Stop');
  expect(wordsFor(START).button).toBe('Go live');
});
