// A room looked back on: what was said and done, at the pace at which it was, with a bar of its time.

import { html, signal, useEffect, useMemo, useState } from '../ui.js';
import { ludus } from '../hub.js';
import { Link } from '../router.js';
import { Course, Playhead, counted } from '../replay-course.js';
import { Button, Empty, Fault, IconButton, Skeleton, useTitle } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { dayName } from '../format.js';
import { Log } from './room/log.js';
import { LineHistory } from './room/dialogs.js';
import { Bar } from './replay/bar.js';
import { Beside } from './replay/beside.js';
import { marksOf } from './replay/marks.js';
import { t } from '../texts.js';

const PAGE = 200;
const SPEEDS = [1, 2, 4, 8, 16];
const STEP_MS = 10_000;
/** A clock that stood still (the tab was hidden) is no time of playing. */
const FRAME_MS_MAX = 250;
/** What is shown is drawn anew so often at most, but for words that come. */
const DRAWN_EVERY_MS = 100;
const nothing = () => {};
/** Nobody does anything in the past. */
const RIGHTS = { seat: undefined, moderates: false, ended: true, silence: '', coaches: false };

/** Where one is, and whether it goes on by itself. What draws it reads `drawn`. */
class Player {
  /** @param {string} id @param {any} outline */
  constructor(id, outline) {
    this.id = id;
    this.outline = outline;
    /** @type {Record<string, string>} */
    this.names = {};
    this.course = new Course(outline);
    this.head = new Playhead(this.course, id, this.names);
    this.playing = signal(false);
    this.speed = signal(1);
    this.skips = signal(true);
    this.drawn = signal(0);
    this.whole = signal(false);
    this.fault = signal('');
    this.drawnAt = 0;
    /** Comments that were written or taken away here. */
    this.edits = 0;
    /** As a log knows rooms. */
    this.room = { id, version: signal(0), spoken: signal(0), loading: signal(''), fault: signal(''), older: nothing, read: nothing, reach: async () => true };
  }

  /** Reads all of it, a page after the other. @param {() => boolean} goesOn */
  async load(goesOn) {
    let cursor;
    try {
      do {
        const page = await ludus.call('GET', `/rooms/${this.id}/replay`, { query: { limit: PAGE, cursor } });
        if (!goesOn()) return;
        for (const { fact } of page.moments) if (fact.kind === 'joined') this.names[fact.user] = fact.name;
        Object.assign(this.names, page.names);
        this.course.add(page.moments);
        this.head.again();
        this.draw(true);
        cursor = page.next;
      } while (cursor);
      this.whole.value = true;
    } catch (error) {
      this.fault.value = /** @type {Error} */ (error).message;
    }
  }

  /** @param {boolean} told */
  draw(told) {
    this.drawnAt = performance.now();
    this.drawn.value += 1;
    this.room.spoken.value += 1;
    if (told) this.room.version.value += 1;
  }

  /** What stands beside the moments is another. */
  changed() {
    this.edits += 1;
    this.draw(true);
  }

  /** @param {number} ms */
  seek(ms) {
    this.draw(this.head.seek(ms));
  }

  /** @param {number} ms of the wall clock */
  tick(ms) {
    const { head } = this;
    const told = head.seek(head.after(Math.min(ms, FRAME_MS_MAX) * this.speed.value, this.skips.value));
    if (head.ms >= this.course.length && this.whole.value) this.playing.value = false;
    if (told || performance.now() - this.drawnAt > DRAWN_EVERY_MS || !this.playing.value) this.draw(told);
  }

  toggle() {
    if (!this.playing.value && this.head.ms >= this.course.length) this.seek(0);
    this.playing.value = !this.playing.value;
  }
}

/** @param {{ id: string }} props the room's */
export function Replay({ id }) {
  const [player, setPlayer] = useState(/** @type {Player | null} */ (null));
  const [fault, setFault] = useState('');
  useTitle(player ? t('Replay: {title}', { title: player.outline.title }) : t('Replay'));
  useEffect(() => {
    let goesOn = true;
    const open = async () => {
      try {
        const outline = await ludus.call('GET', `/rooms/${id}/replay/outline`);
        if (!goesOn) return;
        const made = new Player(id, outline);
        setPlayer(made);
        await made.load(() => goesOn);
      } catch (error) {
        setFault(/** @type {any} */ (error).status === 404 ? t('There is no such room, or it is not yours to see.') : /** @type {Error} */ (error).message);
      }
    };
    open();
    return () => { goesOn = false; };
  }, [id]);
  if (fault) return html`<div class="page page-narrow"><header class="page-head"><h1>${t('Replay')}</h1></header><${Empty} icon="search" title=${t('Nothing to look back on')}><${Fault}>${fault}<//><p><${Link} class="button button-primary" href="/">${t('Go to the rooms')}<//></p><//></div>`;
  if (!player) return html`<div class="room"><div class="room-main"><header class="room-head"><div class="room-title"><h1>${t('Replay')}</h1></div></header><${Skeleton} kind="line" rows=${6} label=${t('Reading what happened')} /></div></div>`;
  return html`<${Theatre} player=${player} id=${id} />`;
}

/** @param {{ player: Player, id: string }} props */
function Theatre({ player, id }) {
  const { outline, course, head, room } = player;
  const [dialog, setDialog] = useState(/** @type {any} */ (null));
  const [beside, setBeside] = useState(false);
  const playing = player.playing.value;
  room.version.value;
  const marks = useMemo(() => marksOf(player), [course.moments.length, player.edits]);
  useEffect(() => {
    if (!playing) return undefined;
    let last = performance.now();
    let frame = requestAnimationFrame(function turn(now) {
      player.tick(Math.max(0, now - last));
      last = now;
      if (player.playing.value) frame = requestAnimationFrame(turn);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, player]);
  const jump = (/** @type {number} */ way) => {
    const there = way > 0 ? marks.find(({ ms }) => ms > head.ms + 1) : marks.findLast(({ ms }) => ms < head.ms - 1_500);
    player.seek(there ? there.ms : way > 0 ? course.length : 0);
  };
  useKeys({ ' ': () => player.toggle(), j: () => player.seek(head.ms - STEP_MS), l: () => player.seek(head.ms + STEP_MS), p: () => jump(-1), n: () => jump(1) });
  const { model } = head;
  const view = model.view;
  const context = {
    room, model, view, rights: RIGHTS, act: nothing, goals: null, mine: [], reply: nothing, edit: nothing, resend: nothing,
    history: (/** @type {number} */ seq) => setDialog(html`<${LineHistory} model=${model} seq=${seq} onClose=${() => setDialog(null)} />`),
  };
  return html`<div class=${beside ? 'room replay replay-beside' : 'room replay'}>
    <div class="room-main">
      <header class="room-head">
        <${Link} href=${`/rooms/${id}`} class="icon-button" aria-label=${t('Open the room itself')} title=${t('Open the room itself')}><${Icon} name="back" /><//>
        <div class="room-title"><h1 dir="auto">${outline.title}</h1><p><span class="phase phase-ended">${t('Replay')}</span><span>${dayName(outline.from)} · ${counted(course.length)}</span></p></div>
        <button type="button" class="button button-plain replay-toggle" aria-expanded=${beside ? 'true' : 'false'} aria-controls="beside" onClick=${() => setBeside(!beside)}><${Icon} name="info" /><span>${t('Moments')}</span></button>
      </header>
      ${player.fault.value ? html`<${Fault}>${player.fault.value}<//>` : null}
      <${Log} key=${`log-${course.moments.length > 0}`} ...${context} finding=${false} onFound=${nothing} />
      <footer class="replay-foot">
        <${Bar} player=${player} marks=${marks} />
        <${Transport} player=${player} jump=${jump} />
        ${outline.cut ? html`<p class="hint">${t('This room is longer than the bar: what came last is not on it.')}</p>` : null}
      </footer>
    </div>
    <${Beside} player=${player} marks=${marks} open=${beside} onClose=${() => setBeside(false)} />
    ${dialog}
  </div>`;
}

/** @param {{ player: Player, jump: (way: number) => void }} props */
function Transport({ player, jump }) {
  player.drawn.value;
  const { head, course } = player;
  const playing = player.playing.value;
  return html`<div class="transport" role="group" aria-label=${t('Playing')}>
    <div class="transport-keys">
      <${IconButton} icon="history" label=${t('Ten seconds back (J)')} onClick=${() => player.seek(head.ms - STEP_MS)} />
      <${IconButton} icon="back" label=${t('Moment before (P)')} onClick=${() => jump(-1)} />
      <button type="button" class="transport-play" aria-label=${playing ? t('Pause (space)') : t('Play (space)')} title=${playing ? t('Pause (space)') : t('Play (space)')} onClick=${() => player.toggle()}><${Icon} name=${playing ? 'pause' : 'play'} size=${24} /></button>
      <${IconButton} icon="next" label=${t('Moment after (N)')} onClick=${() => jump(1)} />
    </div>
    <p class="transport-time"><span>${counted(head.ms)}</span> <small>/ ${counted(course.length)}</small>${player.whole.value || player.fault.value ? null : html` <small role="status">${t('still reading…')}</small>`}</p>
    <div class="transport-how">
      <label class="transport-speed"><span class="sr-only">${t('Speed')}</span><select class="input" value=${player.speed.value} onChange=${(/** @type {any} */ event) => { player.speed.value = Number(event.currentTarget.value); }}>
        ${SPEEDS.map((speed) => html`<option key=${speed} value=${speed}>${speed}×</option>`)}</select></label>
      <${Button} class="transport-skip" aria-pressed=${player.skips.value ? 'true' : 'false'} onClick=${() => { player.skips.value = !player.skips.value; }}>${t('Skip silences')}<//>
    </div>
  </div>`;
}

/** Keys that hold in the whole view, but not where somebody writes or a button has them. @param {Record<string, () => void>} keys */
function useKeys(keys) {
  useEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      const act = keys[event.key];
      const target = /** @type {HTMLElement} */ (event.target);
      if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || target.closest('input, textarea, select, dialog, .menu-list')) return;
      if (event.key === ' ' && target.closest('button, a, [role=tab]')) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
}
