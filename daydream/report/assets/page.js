// What every page does: texts that are folded are printed too, and a link to an evaluation focuses it.
"use strict";

(() => {
  let opened = [];

  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open]):not(.chart details)")];
    opened.forEach((one) => (one.open = true));
  });

  addEventListener("afterprint", () => {
    opened.forEach((one) => (one.open = false));
  });

  function goToTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("article[tabindex]")) {
      target.focus({ preventScroll: true });
    }
  }

  addEventListener("hashchange", goToTarget);
  goToTarget();
})();
