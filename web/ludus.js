// Ludus for browsers and other JavaScript: rooms that never lose a word.
// How to use it: ludus.md. Everything public is exported from here.

export { Ludus } from './ludus/ludus.js';
export { Refused } from './ludus/refused.js';
export { uuidv7 } from './ludus/ids.js';
export { MemoryQueue, IndexedQueue } from './ludus/queue.js';
