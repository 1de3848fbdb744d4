// The colours: as the system, light or dark. It runs before the page is drawn, so that nothing flashes.
"use strict";

(() => {
  const KEY = "daydream-colours";
  const NEXT = { system: "light", light: "dark", dark: "system" };
  const NAMES = { system: "as the system", light: "light", dark: "dark" };
  let chosen = "system";

  // A browser may refuse storage to pages from disk; the choice then lasts as long as the page.
  function remembered() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function remember() {
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // See above.
    }
  }

  function apply() {
    if (chosen === "system") {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = chosen;
    }
    const button = document.getElementById("theme");
    if (button) {
      button.textContent = `Colours: ${NAMES[chosen]}`;
    }
  }

  const before = remembered();
  chosen = before in NEXT ? before : "system";
  apply();
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    button.hidden = false;
    button.addEventListener("click", () => {
      chosen = NEXT[chosen];
      remember();
      apply();
    });
    apply();
  });
})();
