/* The service worker: pages from the network first, the empty forms and the list of what waits when there is none.
   Nothing else is kept: no page with anybody's data. The server puts CONFIG before this text. */
"use strict";
importScripts(...CONFIG.scripts);
const SHELLS = `tongxin-shells-${CONFIG.version}`, STAFF = "tongxin-staff", PATIENCE = 8000;

const fill = async () => {
  const cache = await caches.open(SHELLS);
  for (const [path, name] of [[CONFIG.raise, "raise"], [CONFIG.list, "list"]]) {
    const answer = await fetch(`${CONFIG.shells}${name}/`, { cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(`no ${name}`);
    await cache.put(path, answer);
  }
};
/* Forms of the staff lie in a place of their own, from when they open one until they sign out. */
const refreshStaff = async () => {
  const cache = await caches.open(STAFF);
  for (const { url } of await cache.keys()) {
    const path = new URL(url).pathname, purpose = CONFIG.staff[path];
    const answer = purpose ? await fetch(`${CONFIG.shells}${purpose}/`, { cache: "no-store" }) : null;
    if (answer?.ok && !answer.redirected) await cache.put(path, answer); else await cache.delete(path);
  }
};
const forget = () => Promise.all([caches.delete(STAFF), Kept.note("owner", "")]).catch(() => {});

addEventListener("install", (event) => event.waitUntil((async () => {
  await (await caches.open(SHELLS)).addAll(CONFIG.assets.map((url) => new Request(url, { cache: "no-cache" })));
  await fill();
  await skipWaiting();
})()));
addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("tongxin-shells-") && name !== SHELLS) await caches.delete(name);
  await registration.navigationPreload?.enable();
  await clients.claim();
  await refreshStaff().catch(() => {});
})()));
addEventListener("message", (event) => event.waitUntil((async () => {
  const { look } = event.data || {};
  if (!look || (await Kept.meta("look")) === look) return;
  await fill(); // read in another language or in larger type than when it was kept
  await Kept.note("look", look);
})().catch(() => {})));
addEventListener("sync", (event) => {
  if (event.tag === Kept.NAME) event.waitUntil(Kept.sendAll(true).then((left) => { if (left) throw new Error("not yet"); }));
});

const keptPage = async (path) => (path in CONFIG.staff ? (await caches.open(STAFF)).match(path) : (await caches.open(SHELLS)).match(path));
const page = async (event, path) => {
  const answer = (async () => (await event.preloadResponse) || fetch(event.request))();
  answer.catch(() => {});
  const kept = await keptPage(path).catch(() => undefined);
  try {
    if (!kept) return await answer;
    const late = new Promise((done) => { setTimeout(done, PATIENCE); });
    return (await Promise.race([answer, late])) || kept;
  } catch {
    return kept || (await keptPage(CONFIG.list)) || Response.error();
  }
};
addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (pathname === CONFIG.signIn || (pathname === CONFIG.signOut && request.method === "POST")) event.waitUntil(forget());
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event, pathname));
  else if (CONFIG.assets.includes(pathname)) {
    event.respondWith(caches.match(request, { cacheName: SHELLS }).then((kept) => kept || fetch(request)));
  }
});
