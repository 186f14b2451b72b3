// Opens the check-in page without network. It keeps that page and its files, answers for them alone, and knows nobody.
"use strict";

const SHELF = "here";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The page names its files, whose addresses change with their content; what it no longer names is dropped.
self.addEventListener("message", (event) => event.waitUntil(shelve(event.data)));

async function shelve(addresses) {
  const shelf = await caches.open(SHELF);
  const wanted = addresses.map((address) => new URL(address, location.href).href);
  for (const held of await shelf.keys()) if (!wanted.includes(held.url)) await shelf.delete(held);
  await Promise.all(wanted.map((address) => shelf.add(new Request(address, { credentials: "omit" })).catch(() => {})));
}

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  if (request.mode === "navigate") return event.respondWith(fetch(request).catch(() => kept("./", request)));
  if (new URL(request.url).pathname.startsWith("/static/")) event.respondWith(fetch(request).catch(() => kept(request.url, request)));
});

async function kept(address, request) {
  const shelf = await caches.open(SHELF);
  return (await shelf.match(new URL(address, location.href).href)) || fetch(request);
}
