/* Forms with data-offline work without a network: what is sent then stays on this device and leaves when there is one.
   Loaded by site/tongxin.js where there is such a form or something waits. This is the little that a first visit needs;
   the rest comes once somebody writes, and from the service worker when there is no network. */
(() => {
  "use strict";
  const root = document.documentElement, own = document.querySelector("script[data-offline]");
  const [, ...rest] = own.dataset.offline.split(" "), forms = [...document.querySelectorAll("form[data-offline]")];
  const isShell = root.hasAttribute("data-shell"), isList = Boolean(document.querySelector("[data-kept]"));
  const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const add = (src) => new Promise((done, failed) => {
    const script = document.createElement("script");
    Object.assign(script, { src, onload: done, onerror: failed }); document.head.append(script);
  });
  let loading;
  const load = () => (loading ||= (async () => { for (const src of rest) await add(src); })().catch((problem) => { loading = undefined; throw problem; }));
  const ready = async () => { await load(); while (!self.Kept.isReady) await new Promise((done) => { setTimeout(done, 20); }); };

  for (const form of forms) {
    let busy = false;
    form.addEventListener("focusin", () => load().catch(() => {}), { once: true });
    form.addEventListener("submit", async (event) => { // sent before the rest was here
      if (form.dataset.plain || self.Kept?.isReady) return;
      event.preventDefault(); event.stopImmediatePropagation();
      if (busy) return;
      busy = true;
      try { await ready(); } catch { form.dataset.plain = "1"; }
      busy = false; form.requestSubmit(event.submitter || undefined);
    });
  }
  addEventListener("pageshow", () => forms.forEach((form) => delete form.dataset.plain));
  addEventListener("offline", () => load().catch(() => {}));
  if (isList || isShell || own.dataset.owner || recall("kept") || navigator.onLine === false) load().catch(() => {});

  const store = async () => {
    const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
    const look = [root.lang, root.hasAttribute("data-elder"), own.dataset.offline].join(); // pages are kept as they are read
    registration.active?.postMessage({ look });
  };
  const later = () => (self.requestIdleCallback || setTimeout)(() => store().catch(() => {}));
  if (navigator.serviceWorker && (forms.length || isList) && !isShell) { if (document.readyState === "complete") later(); else addEventListener("load", later); }

  const install = document.querySelector("[data-install]");
  if (install) addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault(); install.hidden = false;
    install.onclick = async () => { await event.prompt(); install.hidden = true; };
  });
})();
