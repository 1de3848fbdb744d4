// The table of essays: filter, search, sort and pages, kept in the address so that "back" restores them.
"use strict";

(() => {
  const PAGE = 50;
  const KEYS = ["combo_id", "draft_template", "generation_template", "generation_model"];
  const { names, rows } = window.DAYDREAM_ESSAYS;
  const app = document.getElementById("essays-app");
  const form = document.getElementById("filters");
  const table = document.getElementById("essays-table");

  function namesOf(key, place) {
    const [id, name, words] = names[key][place];
    return { id, name, words };
  }

  const essays = rows.map((row, order) => {
    const [id, combo, draft, essay, model, replicate, status, mean, valid, expected, ok, cost, title, apart, addresses] = row;
    const keys = {
      combo_id: namesOf("combo_id", combo),
      draft_template: namesOf("draft_template", draft),
      generation_template: namesOf("generation_template", essay),
      generation_model: namesOf("generation_model", model),
    };
    const words = KEYS.flatMap((key) => [keys[key].id, keys[key].name, keys[key].words]);
    const found = [id, title, addresses ? "addresses the judge" : "", ...words].join(" ").toLowerCase();
    return { order, id, keys, replicate, status, mean, valid, expected, ok, cost, title, apart, addresses, found };
  });
  const hasCost = essays.some((one) => one.cost);
  const places = hasCost ? decimals() : 0;

  const COLUMNS = [
    { key: "title", title: "Essay", of: (one) => one.title || one.id, show: showEssay },
    { key: "mean", title: "Mean", note: "share of the scale", number: true, of: (one) => one.mean, show: showMean },
    { key: "scores", title: "Scores", note: "valid of expected", number: true, of: covered, show: showScores },
    ...[
      ["combo_id", "Combination"],
      ["draft_template", "Draft template"],
      ["generation_template", "Essay template"],
      ["generation_model", "Model"],
    ].map(([key, title]) => ({
      key,
      title,
      of: (one) => one.keys[key].name,
      show: (one) => [one.keys[key].name],
    })),
    { key: "apart", title: "Judges apart", note: "share of the scale", number: true, of: (one) => one.apart, show: showApart },
    { key: "cost", title: "Cost, USD", number: true, of: (one) => one.cost, show: showCost },
  ].filter((column) => column.key !== "cost" || hasCost)
    .filter((column) => column.key !== "apart" || essays.some((one) => one.apart !== null));

  const AROUND = 100; // neighbours in the list that a link takes along, on either side
  let listed = essays;
  let state = { sort: "mean", down: true, page: 1 };

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function showEssay(one) {
    const link = element("a", { href: `essays/${encodeURIComponent(one.id)}.html${around(one)}` }, one.title || one.id);
    const state = one.status === "done" ? "" : ["failed", "refused"].includes(one.status) ? ` ${one.status}` : " not made";
    const parts = [link, element("small", { className: "id" }, one.id)];
    if (one.replicate > 1) parts.push(element("small", {}, `replicate ${one.replicate}`));
    if (state) parts.push(element("strong", { className: "flag" }, state));
    if (one.addresses) parts.push(element("strong", { className: "flag" }, " addresses the judge"));
    return parts;
  }

  // The list as it is filtered and sorted here, for "next" on the page of an essay.
  function around(one) {
    const at = listed.indexOf(one);
    const near = listed.slice(Math.max(0, at - AROUND), at + AROUND + 1);
    return `#list=${near.map((other) => encodeURIComponent(other.id)).join(",")}`;
  }

  function showMean(one) {
    return [one.mean === null ? "-" : one.mean.toFixed(3)];
  }

  function showApart(one) {
    return [one.apart === null ? "-" : one.apart.toFixed(3)];
  }

  function covered(one) {
    return one.expected ? one.valid / one.expected : null;
  }

  function showScores(one) {
    const text = `${one.valid} of ${one.expected} `;
    return one.ok ? [text] : [text, element("strong", { className: "flag" }, "low coverage")];
  }

  // As many decimals for all as show two digits of the smallest cost, so that the points align.
  function decimals() {
    const least = Math.min(...essays.map((one) => one.cost || Infinity));
    return Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(least))));
  }

  function showCost(one) {
    return [one.cost === null ? "unknown" : one.cost.toFixed(places)];
  }

  function compare(column, factor) {
    return (one, other) => {
      const [a, b] = [column.of(one), column.of(other)];
      if (a === b) return one.order - other.order;
      if (a === null) return 1;
      if (b === null) return -1;
      const difference = typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
      return factor * difference || one.order - other.order;
    };
  }

  function matches() {
    const fields = Object.fromEntries(new FormData(form));
    const words = fields.text.toLowerCase().split(/\s+/).filter(Boolean);
    return (one) =>
      KEYS.every((key) => !fields[key] || one.keys[key].id === fields[key]) &&
      (!fields.coverage || Boolean(one.ok) === (fields.coverage === "ok")) &&
      words.every((word) => one.found.includes(word));
  }

  function draw() {
    const column = COLUMNS.find((one) => one.key === state.sort) || COLUMNS[0];
    const found = essays.filter(matches()).sort(compare(column, state.down ? -1 : 1));
    listed = found;
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    state.page = Math.min(Math.max(1, state.page), pages);
    const from = (state.page - 1) * PAGE;
    const here = found.slice(from, from + PAGE);
    table.tBodies[0].replaceChildren(...here.map(drawRow));
    drawHeads();
    tell(found.length, from, here.length, pages);
  }

  function drawRow(one) {
    const cells = COLUMNS.map((column, place) => {
      const name = place === 0 ? "th" : "td";
      const cell = element(name, { className: column.number ? "number" : "" }, ...column.show(one));
      if (place === 0) cell.scope = "row";
      return cell;
    });
    return element("tr", {}, ...cells);
  }

  function drawHeads() {
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      if (COLUMNS[place].key === state.sort) {
        head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      } else {
        head.removeAttribute("aria-sort");
      }
    });
  }

  function tell(count, from, rows, pages) {
    const range = count ? `Essays ${from + 1} to ${from + rows} of ${count}` : "No essay matches";
    const all = count === essays.length ? "" : ` (${essays.length} in all)`;
    document.getElementById("found").textContent = range + all;
    document.getElementById("page-here").textContent = `Page ${state.page} of ${pages}`;
    document.getElementById("page-before").disabled = state.page <= 1;
    document.getElementById("page-after").disabled = state.page >= pages;
  }

  function sortBy(column) {
    const again = state.sort === column.key;
    state = { sort: column.key, down: again ? !state.down : Boolean(column.number), page: 1 };
    refresh();
  }

  function refresh() {
    draw();
    const kept = [...new FormData(form)].filter(([, value]) => value);
    const order = [["sort", state.sort], ["down", state.down ? "1" : "0"], ["page", String(state.page)]];
    const address = `#essays?${new URLSearchParams([...kept, ...order])}`;
    try {
      history.replaceState(null, "", address);
    } catch {
      // Some browsers refuse this to pages from disk; then the address does not follow.
    }
  }

  function turn(pages) {
    state.page += pages;
    refresh();
    table.closest(".scroll").scrollIntoView({ block: "start" });
  }

  // An address such as #essays?generation_model=x, of a link in the leaderboard or of the past.
  function readAddress(isLink) {
    const [place, query] = location.hash.slice(1).split("?");
    if (place !== "essays" || query === undefined) return;
    const asked = new URLSearchParams(query);
    for (const field of form.elements) {
      if (field.name) field.value = asked.get(field.name) ?? "";
    }
    const known = COLUMNS.some((column) => column.key === asked.get("sort"));
    state = {
      sort: known ? asked.get("sort") : "mean",
      down: asked.get("down") !== "0",
      page: Number(asked.get("page")) || 1,
    };
    draw();
    const heading = document.getElementById("essays-h");
    heading.scrollIntoView({ block: "start" });
    if (isLink) heading.focus({ preventScroll: true });
  }

  function fillSelects() {
    for (const key of KEYS) {
      const options = names[key].map(([id, name]) => element("option", { value: id }, name));
      options.sort((one, other) => one.textContent.localeCompare(other.textContent, undefined, { numeric: true }));
      form.elements[key].replaceChildren(element("option", { value: "" }, "all"), ...options);
    }
  }

  function addHeads() {
    const heads = COLUMNS.map((column) => {
      const button = element("button", { type: "button", className: "sort" }, column.title);
      button.addEventListener("click", () => sortBy(column));
      const head = element("th", { scope: "col", className: column.number ? "number" : "" }, button);
      if (column.note) head.append(element("small", {}, column.note));
      return head;
    });
    table.tHead.rows[0].replaceChildren(...heads);
  }

  fillSelects();
  addHeads();
  document.getElementById("of-cost").hidden = !hasCost;
  app.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    state.page = 1;
    refresh();
  });
  form.addEventListener("reset", () => setTimeout(() => { state.page = 1; refresh(); }));
  document.getElementById("page-before").addEventListener("click", () => turn(-1));
  document.getElementById("page-after").addEventListener("click", () => turn(1));
  addEventListener("hashchange", () => readAddress(true));
  draw();
  readAddress(false);
})();
