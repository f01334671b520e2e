// What the player says in each state, in sentences for a viewer. Pure; no markup.

import type { Show } from './state.ts';

/** `badge` is the short word in the corner, the rest stands over the picture (null: nothing to say). */
export interface Words {
  readonly badge: string;
  readonly headline: string | null;
  readonly sentence: string;
}

const BY_ITSELF = 'Playback starts by itself as soon as it is there.';

/** `known`: the server has heard of such a room. `held` and `behind` only change the badge of a live picture: what is seen then is not the live moment. */
export function wordsFor(show: Show, held: boolean, behind: boolean, known = true): Words {
  switch (show.phase) {
    case 'connecting':
      return { badge: 'Connecting', headline: 'Connecting', sentence: 'Opening the stream.' };
    case 'live':
      return { badge: held ? 'Paused' : behind ? 'Behind' : 'Live', headline: null, sentence: '' };
    case 'waiting':
      return { badge: 'Waiting', ...(known || show.gap !== 'missing' ? waiting[show.gap] : noRoom) };
    case 'error':
      return { badge: 'Error', ...errors[show.fault] };
  }
}

const waiting = {
  missing: { headline: 'Waiting for the stream', sentence: `Nothing is on air here yet. ${BY_ITSELF}` },
  ended: { headline: 'The stream has ended', sentence: 'If it returns, playback goes on by itself.' },
  stalled: {
    headline: 'Waiting for the picture',
    sentence: 'The stream is interrupted. Playback goes on by itself as soon as it returns.',
  },
  unreachable: {
    headline: 'Waiting for the server',
    sentence: 'The server cannot be reached right now. The player keeps trying.',
  },
} as const;

const noRoom = {
  headline: 'There is no such room yet',
  sentence: `Nothing is set up under this name. Check the link; if it is right, wait. ${BY_ITSELF}`,
} as const;

const errors = {
  unknown: {
    headline: 'There is no such app',
    sentence: 'This server has no app of that name. Check the link, or ask for it where you got it.',
  },
  address: {
    headline: 'This link names no stream',
    sentence: 'A player link ends in an app and a room, such as /play/program/main.',
  },
  forbidden: {
    headline: 'No access to this stream',
    sentence: 'The link has expired or lacks a valid token. Ask for a new one where you got it.',
  },
  unsupported: {
    headline: 'This browser cannot play the stream',
    sentence: 'It has neither WebRTC nor HLS to play it with. Use a current browser.',
  },
  undecodable: {
    headline: 'This browser cannot decode the stream',
    sentence: 'The stream uses a video or sound format that this browser does not play.',
  },
} as const;

/** Distance from the live edge, for the control bar: seconds with one decimal, whole ones from ten up. */
export function latencyText(seconds: number): string {
  const shown = Math.max(0, seconds);
  return `${shown < 9.95 ? shown.toFixed(1) : Math.round(shown)} s`;
}
