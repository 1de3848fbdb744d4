// Sorting of the tables that are in the page: a button in each head, and aria-sort on the one in use.
"use strict";

(() => {
  function keyOf(row, column) {
    const cell = row.cells[column];
    return "order" in cell.dataset ? Number(cell.dataset.order) : cell.textContent.trim();
  }

  // Numbers before texts, so that "no score" and "-" stay at the end whichever way it is sorted.
  function compare(one, other, factor) {
    const numbers = (typeof one === "number") + (typeof other === "number");
    if (numbers === 2) {
      return factor * (one - other);
    }
    if (numbers === 1) {
      return typeof one === "number" ? -1 : 1;
    }
    return factor * one.localeCompare(other, undefined, { numeric: true });
  }

  function sort(table, head) {
    const isRising = head.ariaSort !== "ascending";
    [...head.parentElement.cells].forEach((cell) => cell.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", isRising ? "ascending" : "descending");
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [keyOf(row, head.cellIndex), row]);
    keyed.sort((one, other) => compare(one[0], other[0], isRising ? 1 : -1));
    body.append(...keyed.map(([, row]) => row));
  }

  function addButton(table, head) {
    const title = head.querySelector(".head");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = title.textContent;
    button.addEventListener("click", () => sort(table, head));
    title.replaceWith(button);
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    if (table.tBodies[0].rows.length > 1) {
      [...table.tHead.rows[0].cells].forEach((head) => addButton(table, head));
    }
  }
})();
