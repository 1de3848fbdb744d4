// Draws the charts as SVG in the colours of the page, those in view first, and the rest when idle.
"use strict";

(() => {
  const specs = window.DAYDREAM_CHARTS;
  // Custom properties, so that a change of colours, and print, need no second drawing.
  const ink = { labelColor: "var(--ink)", titleColor: "var(--ink)" };
  const lines = { gridColor: "var(--line)", domainColor: "var(--soft)", tickColor: "var(--soft)" };
  const font = "system-ui, sans-serif";
  const config = {
    background: "transparent",
    font,
    axis: { ...ink, ...lines, labelFontSize: 11, titleFontSize: 12, titleFontWeight: 600 },
    legend: { ...ink, labelFontSize: 11, titleFontSize: 12 },
    header: { ...ink, labelFontSize: 12, titleFontSize: 12 },
    title: { color: "var(--ink)", subtitleColor: "var(--soft)" },
    text: { color: "var(--ink)" },
    rule: { color: "var(--soft)" },
    view: { stroke: "var(--line)" },
  };

  const NARROW = 600; // pixels of a page on which long names would leave no room for the plot

  const views = new Map(); // of the charts that are as wide as the page

  // Gives the plot, or each of its panels, what the page has left beside names and columns of text.
  async function widen(place, view, { leastWidth, panels } = {}) {
    const svg = place.querySelector("svg");
    if (!leastWidth || !svg) return;
    await view.signal("narrow", place.clientWidth < NARROW).runAsync(); // long names are folded
    const signal = panels ? "child_width" : "width";
    const left = place.clientWidth - svg.getBoundingClientRect().width;
    const width = Math.max(leastWidth, Math.floor(view.signal(signal) + left / (panels || 1)));
    if (width === view.signal(signal)) return;
    await view.signal(signal, width).runAsync();
    await view.resize().runAsync(); // the text beside the plot has moved
  }

  async function draw(place) {
    const name = place.dataset.chart;
    const spec = { ...specs[name], description: place.ariaLabel };
    // In an element of its own: the one it is drawn in becomes as wide as the chart.
    const inside = place.appendChild(document.createElement("div"));
    try {
      const drawn = await window.vegaEmbed(inside, spec, { actions: false, renderer: "svg", config });
      await widen(place, drawn.view, spec.usermeta);
      views.set(place, [drawn.view, spec.usermeta]);
      place.querySelector("svg")?.setAttribute("aria-label", place.ariaLabel);
      place.classList.add("is-drawn");
      place.classList.toggle("is-wider", place.scrollWidth > place.clientWidth + 1);
    } catch (error) {
      place.textContent = `The chart could not be drawn: ${error.message}`;
    }
  }

  const waiting = [...document.querySelectorAll("[data-chart]")];

  function drawNext() {
    const next = waiting.shift();
    if (next) draw(next).then(() => later(drawNext));
  }

  function later(action) {
    if ("requestIdleCallback" in window) {
      requestIdleCallback(action, { timeout: 500 });
    } else {
      setTimeout(action, 20);
    }
  }

  addEventListener("resize", async () => {
    for (const [place, [view, how]] of views) await widen(place, view, how);
    for (const place of document.querySelectorAll(".is-drawn")) {
      place.classList.toggle("is-wider", place.scrollWidth > place.clientWidth + 1);
    }
  });

  waiting.forEach((place) => place.replaceChildren());
  later(drawNext);
})();
