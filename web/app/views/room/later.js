// Parts of a room that are read when somebody asks for them: nobody waits for them to read and write.

import { lazy } from '../../lazy.js';
import { learnAfter } from '../../texts.js';

const dialogs = () => import('./dialogs.js');
const quietly = { quiet: true };

export const Breakout = lazy(() => learnAfter().then(() => import('./breakout.js')), 'Breakout', quietly);
export const EndRoom = lazy(dialogs, 'EndRoom', quietly);
export const LetIn = lazy(dialogs, 'LetIn', quietly);
export const LineHistory = lazy(dialogs, 'LineHistory', quietly);
export const Members = lazy(() => import('./members.js'), 'Members', quietly);
export const MoveTo = lazy(() => learnAfter().then(() => import('./move.js')), 'MoveTo', quietly);
export const Rename = lazy(dialogs, 'Rename', quietly);
export const Report = lazy(() => learnAfter().then(() => import('./report.js')), 'Report', quietly);
export const ShareCode = lazy(dialogs, 'ShareCode', quietly);
export const StepIn = lazy(() => import('./step-in.js'), 'StepIn', quietly);
