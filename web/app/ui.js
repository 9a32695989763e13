// The few words of Preact that views are written in.

import { Component, h } from 'preact';
import htm from 'htm';

export { h, render, Fragment, createRef } from 'preact';
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
export { batch, computed, effect, signal, useSignal } from '@preact/signals';

/** Markup as a tagged template. Values become text or attributes, never markup. */
export const html = htm.bind(h);

class Kept extends Component {
  /** @param {any} next @param {any} state */
  shouldComponentUpdate(next, state) {
    return state !== this.state || next.of.some((/** @type {any} */ one, /** @type {number} */ i) => one !== this.props.of[i]);
  }

  /** @param {any} props */
  render({ draw }) {
    return draw();
  }
}

/**
 * Markup that is made again only when something it is made of is another. Not by `useMemo`: markup that is
 * kept in it keeps the whole tree in which it first stood, and every picture of it that is gone.
 * @param {() => any} draw @param {any[]} of @param {string} [key]
 */
export const kept = (draw, of, key) => h(/** @type {any} */ (Kept), { draw, of, key });
