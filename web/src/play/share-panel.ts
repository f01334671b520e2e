// The share panel: fills its fields when it opens and copies them. Knows the dialog's elements only.

import type { Address } from './address.ts';
import { find } from './parts.ts';
import { linksOf } from './share.ts';

const FIELDS = ['play', 'embed', 'whep', 'hls'] as const;

export function wireShare(address: Address): void {
  const dialog = find('share', HTMLDialogElement);
  const withToken = find('share-token', HTMLInputElement);
  const said = find('share-said', HTMLElement);
  find('share-token-row', HTMLElement).hidden = address.token === null;
  const fields = FIELDS.map((key) => ({ key, input: find(`share-${key}`, HTMLInputElement) }));
  const fill = (): void => {
    const links = linksOf(address, location.origin, withToken.checked);
    for (const { key, input } of fields) input.value = links[key];
    said.textContent = '';
  };
  find('share-open', HTMLButtonElement).addEventListener('click', () => {
    fill();
    dialog.showModal();
  });
  withToken.addEventListener('change', fill);
  // The panel fills the dialog, so a click on the dialog itself is one beside the panel.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  find('share-close', HTMLButtonElement).addEventListener('click', () => dialog.close());
  for (const { input } of fields) {
    const button = document.querySelector(`[data-copies="${input.id}"]`);
    button?.addEventListener('click', () => {
      void copy(input).then((done) => {
        said.textContent = done ? 'Copied.' : 'Select the text and copy it by hand.';
      });
    });
  }
}

/** The clipboard exists in secure contexts only; plain HTTP in a local network has the old command. */
async function copy(input: HTMLInputElement): Promise<boolean> {
  input.select();
  try {
    if (navigator.clipboard === undefined) return document.execCommand('copy');
    await navigator.clipboard.writeText(input.value);
    return true;
  } catch {
    return false;
  }
}
