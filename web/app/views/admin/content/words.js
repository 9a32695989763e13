// What these views say has a catalogue of its own: few open them, and nobody else waits for it.

import { language, learn } from '../../../texts.js';

const words = language === 'de' ? await import('../../../../texts/de-content.js') : await import('../../../../texts/en-content.js');
learn(/** @type {any} */ (words.default));
