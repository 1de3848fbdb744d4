// What every page does: texts that are folded are printed too, what scrolls is a stop of the Tab key, and a link to an evaluation or a comparison focuses it.
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
    const target = document.querySelector(":target");
    if (target?.matches("article[tabindex], .order[tabindex]")) {
      target.focus({ preventScroll: true });
    }
  }

  // What scrolls must be reached with the Tab key, and what does not need not be a stop on the way.
  const sizes = new ResizeObserver(() => {
    for (const place of document.querySelectorAll(".scroll, .reasoning")) {
      const over = place.scrollWidth > place.clientWidth + 1 || place.scrollHeight > place.clientHeight + 1;
      if (over) place.tabIndex = 0;
      else place.removeAttribute("tabindex");
    }
  });
  document.querySelectorAll(".scroll, .scroll > table, .reasoning").forEach((one) => sizes.observe(one));

  addEventListener("hashchange", goToTarget);
  goToTarget();
})();
