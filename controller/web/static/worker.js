// Keeps the files that never change, so that the page opens fast on a phone; what the house does is never kept.
"use strict";

const FILES = "files-1";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const lasting = event.request.method === "GET" && url.origin === location.origin
    && url.pathname.startsWith("/static/") && url.searchParams.has("v");
  if (lasting) event.respondWith(kept(event.request));
});

async function kept(request) {
  const cache = await caches.open(FILES);
  const known = await cache.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) {
    for (const old of await cache.keys()) {
      if (new URL(old.url).pathname === new URL(request.url).pathname) await cache.delete(old);
    }
    await cache.put(request, answer.clone());
  }
  return answer;
}
