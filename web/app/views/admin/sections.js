// The sections of the administration: a new one is one entry here and one view beside this file.
// A view gets `rest`: what the path says after its own name.

import { lazy, styled } from '../../lazy.js';
import { t } from '../../texts.js';

/** @typedef {{ id: string, label: string, icon: any, group: string, view?: any, href?: string }} Section `href`: a place of its own instead of a view */

const WHO = t('People');
const HUB = t('The hub');

/** @type {Section[]} */
export const sections = [
  { id: 'people', label: t('People'), icon: 'people', group: WHO, view: lazy(() => import('./people.js'), 'People') },
  { id: 'invitations', label: t('Invitations'), icon: 'link', group: WHO, view: lazy(() => import('./invitations.js'), 'Invitations') },
  { id: 'cohorts', label: t('Cohorts'), icon: 'cohort', group: WHO, href: '/cohorts' },
  { id: 'policies', label: t('Policies'), icon: 'hand', group: WHO, view: lazy(() => import('./policies.js'), 'PoliciesView') },
  { id: 'words', label: t('Words'), icon: 'muted', group: WHO, view: lazy(() => import('./words.js'), 'Words') },
  { id: 'content', label: t('Content'), icon: 'edit', group: HUB, view: lazy(styled('/style/content.css', () => import('./content.js')), 'ContentSection') },
  { id: 'models', label: t('Models and budgets'), icon: 'spark', group: HUB, view: lazy(() => import('./models.js'), 'Models') },
  { id: 'keys', label: t('API keys'), icon: 'door', group: HUB, view: lazy(() => import('./keys.js'), 'Keys') },
  { id: 'audit', label: t('Audit'), icon: 'history', group: HUB, view: lazy(() => import('./audit.js'), 'Audit') },
  { id: 'nodes', label: t('Nodes and health'), icon: 'live', group: HUB, view: lazy(() => import('./nodes.js'), 'Nodes') },
];

/** The first one where none is named. @param {string} id */
export const sectionOf = (id) => sections.find((one) => one.view && (one.id === id || !id));
