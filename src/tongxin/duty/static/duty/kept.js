/* Entries kept on this device until the server has them: the store and its key. For pages and the service worker;
   docs/offline.md says why it is so. Nothing readable lies in the store, and the key can't leave the browser. */
(() => {
  "use strict";
  const NAME = "tongxin-kept", TOKENS = "/offline/tokens/";
  const channel = "BroadcastChannel" in self ? new BroadcastChannel(NAME) : null;

  /* the store */
  let opened;
  const base = () => (opened ||= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => { asked.result.createObjectStore("entries", { keyPath: "id" }); asked.result.createObjectStore("meta"); };
    asked.onsuccess = () => { asked.result.onversionchange = () => asked.result.close(); done(asked.result); };
    asked.onerror = () => failed(asked.error);
    asked.onblocked = () => failed(new Error("blocked"));
  }).catch((problem) => { opened = undefined; throw problem; }));
  const within = async (store, mode, deed) => {
    const transaction = (await base()).transaction(store, mode);
    return new Promise((done, failed) => {
      let found;
      deed(transaction.objectStore(store), (value) => { found = value; });
      transaction.oncomplete = () => done(found);
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
    });
  };
  const read = (store, ask) => within(store, "readonly", (from, found) => { const asked = ask(from); asked.onsuccess = () => found(asked.result); });
  const all = async () => (await read("entries", (from) => from.getAll())).sort((a, b) => a.made - b.made);
  const get = (id) => read("entries", (from) => from.get(id));
  const meta = (name) => read("meta", (from) => from.get(name));
  const note = (name, value) => within("meta", "readwrite", (into) => { into.put(value, name); });
  const changed = () => channel?.postMessage("changed");
  const put = async (entry) => { await within("entries", "readwrite", (into) => { into.put(entry); }); changed(); return entry; };
  const remove = async (id) => { await within("entries", "readwrite", (from) => { from.delete(id); }); changed(); };
  /* Reads and writes in one transaction: two tabs never overwrite each other. Null when the entry is gone. */
  const update = async (id, change) => {
    const entry = await within("entries", "readwrite", (into, found) => {
      const asked = into.get(id);
      asked.onsuccess = () => {
        if (!asked.result) { found(null); return; }
        const wanted = typeof change === "function" ? change(asked.result) : change;
        if (wanted) into.put(Object.assign(asked.result, wanted));
        found(asked.result);
      };
    });
    changed();
    return entry;
  };

  /* sealing: one JSON head with the fields, then the bytes of the files */
  const key = async () => {
    const kept = await meta("key");
    if (kept) return kept;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    return within("meta", "readwrite", (into, found) => {
      const asked = into.get("key"); // another tab may have been first
      asked.onsuccess = () => { found(asked.result || made); if (!asked.result) into.put(made, "key"); };
    });
  };
  const seal = async (content, files = []) => {
    const bytes = await Promise.all(files.map(({ file }) => file.arrayBuffer()));
    const head = new TextEncoder().encode(JSON.stringify({
      ...content, files: files.map(({ field, file }) => ({ field, name: file.name, type: file.type, size: file.size })),
    }));
    const whole = await new Blob([new Uint32Array([head.length]), head, ...bytes]).arrayBuffer();
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), whole) };
  };
  const unseal = async ({ iv, data }) => {
    const whole = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key(), data);
    const length = new Uint32Array(whole, 0, 1)[0], content = JSON.parse(new TextDecoder().decode(new Uint8Array(whole, 4, length)));
    let at = 4 + length;
    content.files = content.files.map(({ field, name, type, size }) => ({ field, file: new File([whole.slice(at, (at += size))], name, { type }) }));
    return content;
  };

  /* the network */
  const ask = async (url, seconds, options = {}) => {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), seconds * 1000);
    try { return await fetch(url, { credentials: "same-origin", redirect: "manual", cache: "no-store", signal: stop.signal, ...options }); } finally { clearTimeout(timer); }
  };
  /* A fresh token and who is signed in; null without a network (or without a server behind it). */
  const reach = async (purpose, seconds = 15) => {
    if (navigator.onLine === false) return null;
    try {
      const answer = await ask(`${TOKENS}?purpose=${purpose}`, seconds);
      if (answer.type === "opaqueredirect") return { owner: "" };
      return answer.ok || answer.status === 429 ? await answer.json() : answer.status >= 500 ? null : { refused: answer.status };
    } catch { return null; }
  };

  self.Kept = { NAME, all, get, put, update, remove, meta, note, seal, unseal, ask, reach };
})();
