// Runs before the first paint, so that nobody who chose a theme sees the other one flash by.
(() => {
  try {
    const theme = localStorage.getItem('ludus.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is closed to us: the system's theme is a good theme.
  }
})();
