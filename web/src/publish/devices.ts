// Camera and microphone: asks for them, lists them, and opens the chosen ones. Knows mediaDevices only.

const NONE = '';

/** A choice of the page: a device's id, '' for the browser's own choice, null for none. */
export interface Choice {
  readonly camera: string | null;
  readonly microphone: string | null;
}

/** Opens what is chosen; where there is no camera at all, sound alone will do, and the other way round. */
export async function openDevices(choice: Choice): Promise<MediaStream> {
  const video = choice.camera === null ? false : { ...exactly(choice.camera), ...PICTURE };
  const audio = choice.microphone === null ? false : exactly(choice.microphone);
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio });
  } catch (fault) {
    const missing = fault instanceof DOMException && fault.name === 'NotFoundError';
    if (!missing || video === false || audio === false) throw fault;
    return navigator.mediaDevices
      .getUserMedia({ video, audio: false })
      .catch(() => navigator.mediaDevices.getUserMedia({ video: false, audio }));
  }
}

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

function exactly(id: string): MediaTrackConstraints {
  return id === NONE ? {} : { deviceId: { exact: id } };
}

/** Fills a list with the devices of a kind and "None"; names are known only after the viewer allowed one. */
export async function fillList(list: HTMLSelectElement, kind: MediaDeviceKind, used: string): Promise<void> {
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === kind);
  const chosen = list.value === 'none' ? 'none' : used;
  const entries = devices.map(
    (one, index) =>
      new Option(one.label || `Device ${index + 1}`, one.deviceId, false, one.deviceId === chosen),
  );
  list.replaceChildren(...entries, new Option('None', 'none', false, chosen === 'none'));
  if (devices.length > 0 && list.selectedIndex < 0) list.selectedIndex = 0;
}

export function chosen(list: HTMLSelectElement): string | null {
  return list.value === 'none' ? null : list.value;
}
