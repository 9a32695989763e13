// What an org writes itself, for its admins: by kind, item by item.

import { html } from '../../ui.js';
import { isAtLeast } from '../../hub.js';
import { Empty } from '../../parts/basics.js';
import { Editor } from './content/editor.js';
import { Items, Kinds } from './content/list.js';
import { KINDS } from './content/shapes.js';
import { t } from '../../texts.js';

/** @param {{ kind?: string, id?: string }} props */
export function Content({ kind = '', id = '' }) {
  if (!isAtLeast('admin')) return html`<div class="page"><${Empty} icon="door" title=${t('Only admins may look in here')} /></div>`;
  if (!(kind in KINDS)) return html`<${Kinds} />`;
  return id ? html`<${Editor} key=${`${kind}/${id}`} kind=${kind} id=${id} />` : html`<${Items} key=${kind} kind=${kind} />`;
}

/** @param {{ rest: string[] }} props what the path says after `/admin/content` */
export const ContentSection = ({ rest }) => html`<${Content} kind=${rest[0]} id=${rest[1] ? decodeURIComponent(rest[1]) : undefined} />`;
