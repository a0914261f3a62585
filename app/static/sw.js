// Keeps the app's own files, so that it opens in a tunnel; answers of the API are never kept.
const CACHE = "app-6";
const FILES = ["/", "/app/app.css", "/app/app.js", "/app/api.js", "/app/attempt.js", "/app/dom.js", "/app/words.js", "/app/outbox.js", "/app/polls.js", "/app/answers.js", "/app/check.js", "/app/devices.js", "/app/entering.js", "/app/follow.js", "/app/my_polls.js", "/app/national.js", "/app/receipts.js", "/app/texts.js", "/app/report.js", "/app/mvoting.mjs", "/app/ideas.js", "/app/debates.js", "/app/me.js", "/app/sign_in.js", "/app/guardians.js", "/app/alerts.js", "/app/booth.js", "/app/leaving.js", "/app/made_once.js", "/app/notice.js", "/app/paged.js", "/app/personal.js", "/app/places.js", "/app/preferences.js", "/app/sign_out.js", "/app/icon.svg", "/app/manifest.json"];

// Addresses that were shared or pushed; the server leads them into the app, and without it the worker does.
const SHARED = /^\/((polls|ideas|debates)\/\w+|debates\/\w+\/comments\/\w+|moderation\/\w+:\w+|inbox|me)$/;

addEventListener("install", (event) => event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))).then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const { pathname, search } = new URL(event.request.url);
  if (event.request.method !== "GET") return;
  if (FILES.includes(pathname)) event.respondWith(newest(event.request, pathname));
  else if (event.request.mode === "navigate" && SHARED.test(pathname)) event.respondWith(fetch(event.request).catch(() => Response.redirect(`/${search}#${pathname}`)));
});

// The network first: a city's correction must not wait behind an old copy. Kept without the code of a venue in the address.
async function newest(request, pathname) {
  try {
    const answer = await fetch(request);
    if (answer.ok) (await caches.open(CACHE)).put(pathname, answer.clone());
    return answer;
  } catch {
    return caches.match(pathname);
  }
}
