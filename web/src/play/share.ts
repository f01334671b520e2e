// The addresses that the share panel hands out. Pure.

import { type Address, withQuery } from './address.ts';

export interface Links {
  readonly play: string;
  readonly embed: string;
  readonly whep: string;
  readonly hls: string;
}

/** Full addresses of the room as it is watched here. `token` false leaves the viewer's own access out of them. */
export function linksOf(address: Address, origin: string, token: boolean): Links {
  const { stream, layout } = address;
  const query = { stream, layout, token: token ? address.token : null };
  const to = (kind: string, rest = ''): string =>
    withQuery(`${origin}/${kind}/${address.app}/${address.room}${rest}`, query);
  return {
    play: to('play'),
    embed: iframe(to('embed')),
    whep: to('whep'),
    hls: to('hls', '/master.m3u8'),
  };
}

/** Markup for another site's page. */
function iframe(url: string): string {
  const source = url.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<iframe src="${source}" width="640" height="360" frameborder="0" allow="autoplay; fullscreen" allowfullscreen></iframe>`;
}
