// The alert composer: map and list choose the same districts, polygons can be drawn, the server writes the preview.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("alert-form"), map = document.getElementById("map"), drawn = document.getElementById("drawn");
  const polygons = document.getElementById("polygons"), circles = document.getElementById("circles");
  const draw = document.getElementById("draw"), undo = document.getElementById("undo");
  const boxes = new Map([...form.querySelectorAll("[name=districts]")].map((box) => [box.value, box]));
  const [west, north, scale, squeeze] = ["west", "north", "scale", "squeeze"].map((name) => Number(map.dataset[name]));
  const numbers = (line, count) => {
    const found = line.split(/[\s,]+/).filter(Boolean).map(Number);
    return found.length === count && found.every(Number.isFinite) ? found : null;
  };
  const place = ([lon, lat]) => `${((lon - west) * squeeze * scale).toFixed(1)} ${((north - lat) * scale).toFixed(1)}`;
  const shape = (tag, marks) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries({ class: "shape", ...marks })) made.setAttribute(name, value);
    return made;
  };
  const paint = () => {
    for (const path of map.querySelectorAll("[data-district]")) path.classList.toggle("is-chosen", boxes.get(path.dataset.district).checked);
    const rings = polygons.value.split(/\n\s*\n/).map((text) => text.split("\n").map((line) => numbers(line, 2)).filter(Boolean)).filter((ring) => ring.length);
    const rounds = circles.value.split("\n").map((line) => numbers(line, 3)).filter(Boolean);
    drawn.replaceChildren(
      ...rings.map((ring) => shape("path", { d: "M" + ring.map(place).join("L") + "Z" })),
      ...rings.map((ring) => ring.at(-1)).map((last) => shape("circle", { cx: place(last).split(" ")[0], cy: place(last).split(" ")[1], r: 3 })),
      ...rounds.map(([lon, lat, radius]) => shape("circle", { cx: place([lon, lat]).split(" ")[0], cy: place([lon, lat]).split(" ")[1], r: (radius / 111320) * scale })),
    );
  };
  let timer;
  const preview = () => {
    if (!form.dataset.preview) return;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
      if (!answer || !answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("preview");
      if (fresh) document.getElementById("preview").replaceWith(fresh);
    }, 350);
  };
  const isDrawing = () => draw.getAttribute("aria-pressed") === "true";
  map.addEventListener("click", (event) => {
    if (isDrawing()) {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
      const lon = west + at.x / (squeeze * scale), lat = north - at.y / scale;
      polygons.value += `${polygons.value && !polygons.value.endsWith("\n") ? "\n" : ""}${lon.toFixed(5)}, ${lat.toFixed(5)}`;
      polygons.closest("details").open = true;
    } else {
      const path = event.target.closest("[data-district]");
      if (!path) return;
      boxes.get(path.dataset.district).checked ^= 1;
    }
    paint();
    preview();
  });
  draw.addEventListener("click", () => {
    draw.setAttribute("aria-pressed", String(!isDrawing()));
    undo.hidden = !isDrawing();
    map.classList.toggle("drawing", isDrawing());
    // Each press begins another polygon below the ones that are there.
    if (isDrawing() && polygons.value.trim()) polygons.value = `${polygons.value.trim()}\n\n`;
  });
  undo.addEventListener("click", () => {
    polygons.value = polygons.value.replace(/\n?[^\n]+\n*$/, "");
    paint();
    preview();
  });
  const hazard = document.getElementById("hazard"), facts = [...form.querySelectorAll("[data-hazard]")];
  const usual = new Set(facts.flatMap((fact) => [fact.dataset.whatKo, fact.dataset.whatEn, fact.dataset.actionKo, fact.dataset.actionEn]));
  // A hazard's usual words, in the place of other usual words or of none; never of what somebody wrote.
  const suggest = () => {
    const fact = facts.find((each) => each.dataset.hazard === hazard.value);
    for (const part of ["what", "action"]) {
      for (const [code, name] of [["ko", "Ko"], ["en", "En"]]) {
        const field = document.getElementById(`${part}_${code}`);
        if (!field.value || usual.has(field.value)) { field.value = fact.dataset[part + name]; field.dispatchEvent(new Event("input")); }
      }
    }
    if (form.elements.class) form.elements.class.value = fact.dataset.class;
    paint();
    preview();
  };
  document.getElementById("fill")?.addEventListener("click", (event) => { event.preventDefault(); suggest(); });
  hazard.addEventListener("change", () => { if (usual.has(document.getElementById("what_ko").value)) suggest(); });
  form.addEventListener("input", () => { paint(); preview(); });
  paint();
  preview();
});
