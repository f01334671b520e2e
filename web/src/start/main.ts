// The start page's entry: writes the program's stream address in full and copies it on request. No requests.

import '../style/base.css';
import '../style/start.css';

const field = document.getElementById('hls');
const copy = document.getElementById('copy');
const said = document.getElementById('said');

if (field instanceof HTMLAnchorElement && copy instanceof HTMLButtonElement && said !== null) {
  const address = field.href;
  field.textContent = address;
  // The clipboard exists only in secure contexts; elsewhere the address can still be selected by hand.
  copy.hidden = navigator.clipboard === undefined;
  copy.addEventListener('click', () => {
    navigator.clipboard.writeText(address).then(
      () => {
        said.textContent = 'Copied.';
      },
      () => {
        said.textContent = 'The browser refused to copy.';
      },
    );
  });
}
