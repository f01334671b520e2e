// Captions over parts: hls.js 1.7 drops the caption in the making (CEA-608) at each fragment that is not the next segment,
// and so at each part of the same segment; a caption is longer than a part. Here a part that follows its predecessor goes
// on. Knows the inner names of hls.js's timeline controller; where a newer one has others, it does as hls.js does.

import Hls, { type Events, type FragLoadingData } from 'hls.js';

/** What is used of the controller; hls.js keeps it private. */
interface Timeline {
  lastCc: number;
  lastSn: number;
  lastPartIndex: number;
  onFragLoading(event: Events.FRAG_LOADING, data: FragLoadingData): void;
}

const Base = Hls.DefaultConfig.timelineController as unknown as new (hls: Hls) => Timeline;

class PartTimeline extends Base {
  override onFragLoading(event: Events.FRAG_LOADING, data: FragLoadingData): void {
    const { frag, part } = data;
    const same = frag.type === 'main' && frag.sn === this.lastSn && frag.cc === this.lastCc;
    if (same && part?.index === this.lastPartIndex + 1) this.lastPartIndex += 1;
    else super.onFragLoading(event, data);
  }
}

export const timelineController = PartTimeline as unknown as NonNullable<
  typeof Hls.DefaultConfig.timelineController
>;
