// Opens the verifier without network: the page as it was last loaded, keys inside. Nothing that was asked is kept.
"use strict";

const SHELF = "check";
const PAGE = "/check";

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(fresh());
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function fresh() {
  const answer = await fetch(PAGE, { credentials: "same-origin", cache: "no-store" });
  if (answer.ok) await (await caches.open(SHELF)).put(PAGE, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.mode !== "navigate" || new URL(request.url).pathname !== PAGE) return;
  event.respondWith(fresh().catch(async () => (await (await caches.open(SHELF)).match(PAGE)) || Response.error()));
});
