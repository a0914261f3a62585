// Keys for a list: n and p walk the rows, x chooses, o opens.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
  let place = -1;
  const go = (to) => {
    rows[place]?.classList.remove("is-current");
    place = Math.max(0, Math.min(rows.length - 1, to));
    rows[place]?.classList.add("is-current");
    rows[place]?.querySelector("a")?.focus();
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
    if (event.key === "n") go(place + 1);
    else if (event.key === "p") go(place - 1);
    else if (event.key === "x") { const box = rows[place]?.querySelector("[type=checkbox]"); if (box) box.checked = !box.checked; }
    else if (event.key === "o") rows[place]?.querySelector("a")?.click();
  });
});
