// When to come back. Full jitter: after a hub restarts, its clients spread over the whole interval
// instead of arriving together.

const FIRST_MS = 500;
/** Longer would make people reload the page themselves; shorter would hammer a hub that is down. */
const LONGEST_MS = 15_000;

/**
 * @param {number} attempt 0 for the first
 * @param {() => number} random between 0 and 1
 * @returns {number} milliseconds
 */
export function backoff(attempt, random = Math.random) {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(100 + random() * (ceiling - 100));
}

/**
 * Up to a fifth later than told, so that everybody who was told the same does not come at once.
 * @param {number} ms
 * @param {() => number} random
 */
export const jittered = (ms, random = Math.random) => Math.round(ms * (1 + random() * 0.2));

/**
 * What a close code asks of us, by its range alone.
 * @param {number} code
 * @returns {'resume' | 'sign_in' | 'stay'}
 */
export function comeback(code) {
  if (code >= 4100 && code < 4200) return 'sign_in';
  if (code >= 4200 && code < 4300) return 'stay';
  // Protocol faults of RFC 6455: coming back with the same frames would end the same way.
  if (code === 1002 || code === 1003 || code === 1007 || code === 1009) return 'stay';
  return 'resume';
}
