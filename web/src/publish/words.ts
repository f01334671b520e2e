// What the publish page says in each state. Pure; no markup.

import type { State } from './state.ts';

export interface Words {
  readonly badge: string;
  readonly sentence: string;
  readonly button: string;
}

export function wordsFor(state: State): Words {
  switch (state.phase) {
    case 'idle':
      return { badge: 'Off air', sentence: '', button: 'Go live' };
    case 'connecting':
      return { badge: 'Connecting', sentence: 'Opening the connection.', button: 'Stop' };
    case 'live':
      return { badge: 'Live', sentence: 'You are on air.', button: 'Stop' };
    case 'waiting':
      return {
        badge: 'Waiting',
        sentence: 'The server cannot be reached right now. You are back on air as soon as it can.',
        button: 'Stop',
      };
    case 'error':
      return { badge: 'Error', sentence: errors[state.fault], button: 'Try again' };
  }
}

const errors = {
  address: 'This link names no room. A publish link ends in an app and a room, such as /publish/live/demo.',
  unknown: 'This server has no app of that name. Check the link, or ask for it where you got it.',
  insecure: 'Browsers hand out camera and microphone over HTTPS only. Open this page with https://.',
  devices: 'No camera or microphone. Allow them for this page, and check that no other program holds them.',
  forbidden: 'No access. The link has expired, or its token does not allow to publish in this room.',
  taken: 'Someone else is publishing here under this name.',
  refused: 'The server did not take the stream.',
  unsupported: 'This browser cannot send video. Use a current one.',
} as const;
