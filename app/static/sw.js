// Keeps the app's own files, so that it opens in a tunnel; answers of the API are never kept.
const CACHE = "app-4";
const FILES = ["/", "/app/app.css", "/app/app.js", "/app/api.js", "/app/attempt.js", "/app/dom.js", "/app/words.js", "/app/outbox.js", "/app/polls.js", "/app/answers.js", "/app/check.js", "/app/report.js", "/app/mvoting.mjs", "/app/ideas.js", "/app/debates.js", "/app/me.js", "/app/preferences.js", "/app/sign_in.js", "/app/guardians.js", "/app/icon.svg", "/app/manifest.json"];

addEventListener("install", (event) => event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))).then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || !FILES.includes(pathname)) return;
  // The network first: a city's correction must not wait behind an old copy.
  event.respondWith(fetch(event.request).then((answer) => {
    if (answer.ok) caches.open(CACHE).then((cache) => cache.put(event.request, answer.clone()));
    return answer.clone();
  }).catch(() => caches.match(event.request)));
});
