// Small pieces every view is made of.

import { Component } from 'preact';
import { html, useEffect, useRef, useState } from '../ui.js';
import { hue, initials } from '../format.js';
import { Icon } from './icons.js';
import { t } from '../texts.js';

/** The mark: four tesserae, one of them a voice. */
export function Mark({ size = 32 }) {
  return html`<svg class="mark" width=${size} height=${size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect class="mark-ground" width="32" height="32" rx="8" />
    <path class="mark-tiles" d="M9 7h4a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM9 17h4a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2zM19 17h4a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-4a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2z" />
    <circle class="mark-voice" cx="21" cy="11" r="4" />
  </svg>`;
}

/**
 * A tile for a person; their name always stands beside it or in their row.
 * @param {{ id: string, name: string, here?: boolean, size?: number }} props
 */
export function Avatar({ id, name, here = undefined, size = 40 }) {
  return html`<span class="avatar" style=${{ '--hue': hue(id), '--size': `${size}px` }} aria-hidden="true">
    ${initials(name)}${here ? html`<span class="avatar-here"></span>` : null}
  </span>`;
}

/**
 * A button. `busy` keeps its size and says that it is working.
 * @param {any} props
 */
export function Button({ kind = 'plain', icon = undefined, busy = false, children, class: more = '', ...rest }) {
  return html`<button type="button" class=${`button button-${kind} ${more}`} aria-busy=${busy || undefined} disabled=${busy || rest.disabled} ...${rest}>
    ${icon ? html`<${Icon} name=${icon} />` : null}${children ? html`<span>${children}</span>` : null}
  </button>`;
}

/** A button that is only an icon for the eyes. @param {any} props */
export function IconButton({ icon, label, class: more = '', ...rest }) {
  return html`<button type="button" class=${`icon-button ${more}`} aria-label=${label} title=${label} ...${rest}><${Icon} name=${icon} /></button>`;
}

let fields = 0;

/** A labelled field with room for a hint and a fault. @param {any} props */
export function Field({ label, hint = '', fault = '', as = 'input', children = undefined, onValue = undefined, ...rest }) {
  const [id] = useState(() => `field-${++fields}`);
  const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(' ') || undefined;
  const input = onValue ? (/** @type {any} */ event) => onValue(event.currentTarget.value) : rest.onInput;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <${as} id=${id} class="input" aria-describedby=${described} aria-invalid=${fault ? 'true' : undefined} ...${rest} onInput=${input}>${children}<//>
    ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : null}
    ${fault ? html`<p class="fault" id="${id}-fault"><${Icon} name="alert" size=${16} /> ${fault}</p>` : null}
  </div>`;
}

/** Choices that are all in sight: radio buttons drawn as cards. @param {any} props */
export function Choices({ label, value, onValue, options }) {
  const [name] = useState(() => `choices-${++fields}`);
  return html`<fieldset class="choices">
    <legend>${label}</legend>
    ${options.map(
      (/** @type {any} */ option) => html`<label class="choice" key=${option.value}>
        <input type="radio" name=${name} checked=${option.value === value} onChange=${() => onValue(option.value)} />
        <span><strong lang=${option.lang}>${option.label}</strong>${option.hint ? html`<small>${option.hint}</small>` : null}</span>
      </label>`,
    )}
  </fieldset>`;
}

/** Something went wrong, in words, where it went wrong. @param {any} props */
export function Fault({ children }) {
  return html`<div class="notice notice-fault" role="alert">${children ? html`<${Icon} name="alert" /> <p>${children}</p>` : null}</div>`;
}

/** Where there is nothing yet, and what to do about it. @param {any} props */
export function Empty({ icon, title, children }) {
  return html`<div class="empty"><span class="empty-icon"><${Icon} name=${icon} size=${28} /></span><h2>${title}</h2>${children}</div>`;
}

/** The shape of what is coming. @param {{ rows?: number, kind?: 'line' | 'card' | 'row', label?: string }} props */
export function Skeleton({ rows = 3, kind = 'row', label = t('Loading') }) {
  return html`<div class=${`skeletons skeletons-${kind}`} role="status" aria-label=${label}>
    ${Array.from({ length: rows }, (_, i) => html`<div class="skeleton" key=${i} aria-hidden="true"><i></i><b></b><b></b></div>`)}
  </div>`;
}

/** Copies a text and says so. @param {{ text: string, label?: string }} props */
export function Copy({ text, label = t('Copy') }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 2000);
    } catch {
      setDone(false);
    }
  };
  return html`<${Button} icon=${done ? 'check' : 'copy'} onClick=${copy}><span aria-live="polite">${done ? t('Copied') : label}</span><//>`;
}

/** A modal conversation. The browser keeps focus inside and Escape closes it. @param {any} props */
export function Dialog({ title, onClose, children, wide = false }) {
  const ref = useRef(/** @type {any} */ (null));
  useEffect(() => {
    const dialog = ref.current;
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    if (!dialog.open) dialog.showModal();
    return () => {
      dialog.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  const backdrop = (/** @type {any} */ event) => event.target === ref.current && onClose();
  return html`<dialog ref=${ref} class=${wide ? 'dialog dialog-wide' : 'dialog'} aria-label=${title} onCancel=${(/** @type {Event} */ event) => { event.preventDefault(); onClose(); }} onMouseDown=${backdrop}>
    <div class="dialog-head"><h2>${title}</h2><${IconButton} icon="close" label=${t('Close')} onClick=${onClose} /></div>
    <div class="dialog-body">${children}</div>
  </dialog>`;
}

/**
 * A button with a list of things to do. Arrow keys move, Escape closes, focus comes back.
 * @param {any} props
 */
export function Menu({ label, icon = 'more', items, tabIndex = undefined, class: more = '' }) {
  const [open, setOpen] = useState(false);
  const root = useRef(/** @type {any} */ (null));
  const button = () => root.current?.querySelector('button');
  const entries = () => [...(root.current?.querySelectorAll('[role=menuitem]') ?? [])];
  useEffect(() => {
    if (!open) return undefined;
    entries()[0]?.focus();
    const outside = (/** @type {Event} */ event) => !root.current?.contains(event.target) && setOpen(false);
    addEventListener('pointerdown', outside);
    addEventListener('focusin', outside);
    return () => {
      removeEventListener('pointerdown', outside);
      removeEventListener('focusin', outside);
    };
  }, [open]);
  const close = () => {
    setOpen(false);
    button()?.focus();
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const list = entries();
    const at = list.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + list.length, Home: 0, End: list.length - 1 }[event.key];
    if (!open) return;
    if (event.key === 'Escape') close();
    else if (event.key === 'Tab') return setOpen(false);
    else if (to === undefined) return;
    else list[to % list.length]?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class=${`menu ${more}`} ref=${root} onKeyDown=${keys}>
    <${IconButton} icon=${icon} label=${label} aria-haspopup="menu" aria-expanded=${open ? 'true' : 'false'} tabIndex=${tabIndex} onClick=${() => setOpen(!open)} />
    ${open
      ? html`<div class="menu-list" role="menu" aria-label=${label}>
          ${items.filter(Boolean).map(
            (/** @type {any} */ item) => html`<button type="button" role="menuitem" tabindex="-1" key=${item.label} class=${item.danger ? 'menu-item menu-danger' : 'menu-item'}
              onClick=${() => { close(); item.act(); }}><${Icon} name=${item.icon} /> ${item.label}</button>`,
          )}
        </div>`
      : null}
  </div>`;
}

/** Keeps the rest of the page when one view fails, and says so. */
export class Guard extends Component {
  /** @param {any} props */
  constructor(props) {
    super(props);
    this.state = { broken: false };
  }

  componentDidCatch() {
    this.setState({ broken: true });
  }

  render() {
    if (!(/** @type {any} */ (this.state).broken)) return this.props.children;
    return html`<${Empty} icon="alert" title=${t('This view has failed')}>
      <p>${t('What you wrote is kept. Load the page again to go on.')}</p>
      <${Button} kind="primary" onClick=${() => location.reload()}>${t('Load again')}<//>
    <//>`;
  }
}

/** @param {string} title */
export function useTitle(title) {
  useEffect(() => {
    document.title = title ? `${title} · Ludus` : 'Ludus';
  }, [title]);
}
