// What every page does: texts that are folded are printed too, what scrolls is a stop of the Tab key, a link to an evaluation or a comparison focuses it, files are linked where they are at hand, and an essay leads to its neighbours in the list that it was opened from.
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

  // An essay that was opened from a filtered list leads to its neighbours there.
  function followList() {
    const list = location.hash.startsWith("#list=") ? location.hash.slice(6).split(",") : [];
    const at = list.indexOf(location.pathname.split("/").pop().replace(/\.html$/, ""));
    if (at < 0) return;
    for (const items of document.querySelectorAll("nav ul[data-neighbours]")) {
      items.querySelectorAll("[rel]").forEach((link) => link.parentElement.remove());
      for (const [rel, words, step] of [["prev", "Previous in the list", -1], ["next", "Next in the list", 1]]) {
        if (!list[at + step]) continue;
        const link = document.createElement("a");
        Object.assign(link, { rel, href: `${list[at + step]}.html${location.hash}`, textContent: words });
        const item = document.createElement("li");
        item.append(link);
        items.append(item);
      }
    }
  }

  // Files of a generation are outside the report's folder: they are links where that is in its data root, and names where it was sent alone.
  function linkFiles() {
    if (!/\/8_report\/[^/]+\/(essays\/)?[^/]*$/.test(location.pathname)) return;
    for (const name of document.querySelectorAll("span[data-file]")) {
      const link = document.createElement("a");
      Object.assign(link, { href: name.dataset.file, textContent: name.textContent });
      link.setAttribute("aria-label", `${name.textContent} of ${name.dataset.of}`);
      name.replaceWith(link);
    }
  }

  linkFiles();
  followList();
  addEventListener("hashchange", goToTarget);
  goToTarget();
})();
