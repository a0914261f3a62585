// Keeps the app's own files, so that it opens in a tunnel; answers of the API are never kept. The server writes the files' addresses
// into this list, each with the version of its content: what lies under one never changes.
const FILES = ["/", "/app/*"];
const CACHE = `app-${FILES[1].split("/")[2]}`;

// Addresses that were shared or pushed; the server leads them into the app, and without it the worker does.
const SHARED = /^\/((polls|ideas)\/\w+|debates\/\w+(\/comments\/\w+)?|moderation\/\w+:\w+|inbox|me)$/;

addEventListener("install", (event) => event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))).then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const { pathname, search } = new URL(event.request.url);
  if (event.request.method !== "GET") return;
  if (pathname === "/") event.respondWith(newest(event.request));
  else if (FILES.includes(pathname)) event.respondWith(caches.match(pathname).then((kept) => kept ?? fetch(event.request)));
  else if (event.request.mode === "navigate" && SHARED.test(pathname)) event.respondWith(fetch(event.request).catch(() => Response.redirect(`/${search}#${pathname}`)));
});

// The page itself from the network first: a city's correction must not wait behind an old copy. Kept without the code of a venue
// in the address, and only where it names the files that are kept here: a newer release brings a worker of its own.
async function newest(request) {
  try {
    const answer = await fetch(request);
    const text = await answer.clone().text();
    if (answer.ok && text.includes(FILES[1])) (await caches.open(CACHE)).put("/", answer.clone());
    return answer;
  } catch {
    return caches.match("/");
  }
}
