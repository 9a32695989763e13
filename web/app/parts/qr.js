// A QR code as one path: dark on light whatever the theme, because cameras want it so.

import { encode } from 'uqr';
import { html, useMemo } from '../ui.js';

/** @param {{ text: string, label: string }} props */
export function Qr({ text, label }) {
  const { size, path } = useMemo(() => {
    const { data, size } = encode(text, { ecc: 'M', border: 2 });
    let path = '';
    data.forEach((row, y) => row.forEach((dark, x) => {
      if (dark) path += `M${x} ${y}h1v1h-1z`;
    }));
    return { size, path };
  }, [text]);
  return html`<svg class="qr" viewBox=${`0 0 ${size} ${size}`} role="img" aria-label=${label} shape-rendering="crispEdges"><rect class="qr-ground" width=${size} height=${size} /><path class="qr-dots" d=${path} /></svg>`;
}
