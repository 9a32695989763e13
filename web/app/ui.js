// The few words of Preact that views are written in.

import { h } from 'preact';
import htm from 'htm';

export { h, render, Fragment, createRef } from 'preact';
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
export { batch, computed, effect, signal, useSignal } from '@preact/signals';

/** Markup as a tagged template. Values become text or attributes, never markup. */
export const html = htm.bind(h);
