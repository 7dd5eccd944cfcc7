// Runs before the first paint, so that a chosen theme never flashes the other one.
// It is a file of its own because the page's policy allows no inline script.
(() => {
  try {
    const theme = localStorage.getItem("dankerchat.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be blocked; the system's theme applies then.
  }
})();
