// Style sheets of views that few open: read with the view, so that the first picture does not wait for them.

/** @type {Map<string, Promise<void>>} */
const read = new Map();

/** @param {string} href @returns {Promise<void>} when its rules hold */
export function sheet(href) {
  const known = read.get(href);
  if (known) return known;
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  /** @type {Promise<void>} */
  const reading = new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      read.delete(href);
      reject(new Error(href));
    };
  });
  read.set(href, reading);
  document.head.append(link);
  return reading;
}
