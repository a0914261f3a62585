// The venue's screen: full screen, awake, and the next code the moment the present one ends.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const screen = document.getElementById("screen"), lost = document.getElementById("lost");
  let ends = performance.now() + 1000 * Number(document.getElementById("left").dataset.left);
  let isAsking = false;
  const next = async () => {
    isAsking = true;
    const answer = await fetch(location.href).catch(() => null);
    const page = answer && answer.ok && !answer.redirected ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const fresh = page?.getElementById("screen");
    lost.hidden = Boolean(fresh);
    if (fresh) screen.replaceChildren(...fresh.childNodes);
    ends = performance.now() + (fresh ? 1000 * Number(document.getElementById("left").dataset.left) : 2000);
    isAsking = false;
  };
  setInterval(() => {
    const left = (ends - performance.now()) / 1000;
    document.getElementById("left").value = Math.max(left, 0);
    if (left <= 0 && !isAsking) next();
  }, 250);
  const stayAwake = () => navigator.wakeLock?.request("screen").catch(() => null);
  document.getElementById("full").addEventListener("click", () => { document.documentElement.requestFullscreen(); stayAwake(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && document.fullscreenElement) stayAwake(); });
});
