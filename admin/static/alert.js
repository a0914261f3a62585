// The alert composer: map and list choose the same districts, a polygon can be drawn, the server writes the preview.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("alert-form"), map = document.getElementById("map");
  const polygon = document.getElementById("polygon"), drawn = document.getElementById("drawn"), draw = document.getElementById("draw");
  const boxes = new Map([...form.querySelectorAll("[name=districts]")].map((box) => [box.value, box]));
  const { west, north, scale, squeeze } = map.dataset;
  const paint = () => {
    for (const path of map.querySelectorAll("[data-district]")) path.classList.toggle("is-chosen", boxes.get(path.dataset.district).checked);
    const points = polygon.value.split("\n").map((line) => line.split(/[\s,]+/).filter(Boolean).map(Number)).filter((pair) => pair.length === 2 && pair.every(Number.isFinite));
    drawn.setAttribute("d", points.length ? "M" + points.map(([lon, lat]) => `${(lon - west) * squeeze * scale} ${(north - lat) * scale}`).join("L") + "Z" : "");
  };
  let timer;
  const preview = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
      if (!answer || !answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("preview");
      if (fresh) document.getElementById("preview").replaceWith(fresh);
    }, 350);
  };
  map.addEventListener("click", (event) => {
    if (draw.getAttribute("aria-pressed") === "true") {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
      const lon = Number(west) + at.x / (squeeze * scale), lat = north - at.y / scale;
      polygon.value = `${polygon.value.trim()}\n${lon.toFixed(5)}, ${lat.toFixed(5)}`.trim();
    } else {
      const path = event.target.closest("[data-district]");
      if (!path) return;
      boxes.get(path.dataset.district).checked ^= 1;
    }
    paint();
    preview();
  });
  draw.addEventListener("click", () => draw.setAttribute("aria-pressed", String(draw.getAttribute("aria-pressed") !== "true")));
  const hazard = document.getElementById("hazard");
  const known = new Set([...form.querySelectorAll("[data-hazard]")].flatMap((fact) => [fact.dataset.ko, fact.dataset.en]));
  const suggest = () => {
    const fact = form.querySelector(`[data-hazard="${hazard.value}"]`);
    for (const code of ["ko", "en"]) {
      const field = document.getElementById(`action_${code}`);
      if (!field.value || known.has(field.value)) { field.value = fact.dataset[code]; field.dispatchEvent(new Event("input")); }
    }
  };
  hazard.addEventListener("change", suggest);
  form.addEventListener("input", () => { paint(); preview(); });
  suggest();
  paint();
  preview();
});
