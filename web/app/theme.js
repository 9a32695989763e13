// Runs before the first paint, so that nobody who chose a theme sees the other one flash by, and so
// that what the page says in German comes beside the page and not after it.
(() => {
  try {
    const theme = localStorage.getItem('ludus.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    const language = localStorage.getItem('ludus.language') || navigator.languages.map((tag) => tag.split('-')[0]).find((tag) => tag === 'en' || tag === 'de');
    // Not "modulepreload": browsers that know one import map only would not take the one that follows.
    if (language === 'de') document.head.append(Object.assign(document.createElement('link'), { rel: 'preload', as: 'script', crossOrigin: 'anonymous', href: '/texts/de.js' }));
  } catch {
    // Storage is closed to us: the system's theme is a good theme.
  }
})();
