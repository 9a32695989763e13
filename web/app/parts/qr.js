// A QR code as one path: dark on light whatever the theme, because cameras want it so.

import { html, useEffect, useState } from '../ui.js';

/** @param {{ text: string, label: string }} props */
export function Qr({ text, label }) {
  const [{ size, path }, setCode] = useState({ size: 1, path: '' });
  useEffect(() => {
    // What draws it is read when one is to be seen: most people never see one.
    import('uqr').then(({ encode }) => {
      const { data, size } = encode(text, { ecc: 'M', border: 2 });
      setCode({ size, path: data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('') });
    }, () => {});
  }, [text]);
  return html`<svg class="qr" viewBox=${`0 0 ${size} ${size}`} role="img" aria-label=${label} shape-rendering="crispEdges"><rect class="qr-ground" width=${size} height=${size} /><path class="qr-dots" d=${path} /></svg>`;
}
