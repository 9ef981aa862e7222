/* Sending what is kept, exactly once. For pages and the service worker; kept.js comes before it. */
(() => {
  "use strict";
  const { NAME, all, get, update, seal, unseal, ask, reach } = self.Kept;
  const ENDED = ["sent", "problem"], ANYONE = "anyone";
  const PAUSES = [5, 30, 120, 600]; // seconds between tries

  const later = (entry, why = "") => ({
    state: "waiting", why, tries: (entry.tries || 0) + 1, next: Date.now() + 1000 * PAUSES[Math.min(entry.tries || 0, PAUSES.length - 1)],
  });
  const asleep = (state) => ({ state, why: "", next: Date.now() + 600_000 });
  /* One try. False when there is no network, so that the others need not try. */
  const send = async (id) => {
    let entry = await update(id, { state: "sending" });
    if (!entry) return true;
    const reached = await reach(entry.purpose);
    if (reached === null) { await update(id, later(entry)); return false; }
    if (reached.refused) { await update(id, { state: "problem", why: "refused", errors: [] }); return true; }
    if (reached.state === "limited") { await update(id, { ...asleep("waiting"), why: "limited" }); return true; }
    if (entry.owner && reached.owner !== entry.owner) { await update(id, asleep(reached.owner ? "other" : "signin")); return true; }
    // The token is in the store before it is on its way: every later try sends the same one.
    entry = await update(id, (now) => ({ token: now.token || reached.token, attempted: true }));
    if (!entry) return true;
    let answer, told;
    try {
      const body = new FormData(), { fields, files } = await unseal(entry);
      for (const [name, value] of fields) body.append(name, value);
      for (const { field, file } of files) body.append(field, file, file.name);
      body.set("token", entry.token); body.set("csrfmiddlewaretoken", reached.csrf);
      answer = await ask(entry.action, 180, { method: "POST", body, headers: { "X-Kept": entry.owner || ANYONE, Accept: "application/json" } });
      told = /json/.test(answer.headers.get("content-type") || "") ? await answer.json() : {};
    } catch { await update(id, later(entry)); return false; } // not sent, or the answer was lost: the same token finds out
    const { status } = answer;
    if (status === 200 && "is_repeat" in told) await arrived(entry, told);
    else if (status === 410) await update(id, { state: "waiting", token: "", tries: 0, next: 0 });
    else if (answer.type === "opaqueredirect" || status === 401) await update(id, asleep("signin"));
    else if (status === 409 && told.state === "other") await update(id, asleep("other"));
    else if (status === 429) await update(id, { ...asleep("waiting"), why: "limited" });
    else if (status >= 500 || (status === 403 && (entry.tries || 0) < 3)) await update(id, later(entry, "server"));
    else {
      // What the form stood for is gone or has moved on meanwhile: the general form of its kind takes the words.
      const elsewhere = [404, 409].includes(status) ? { page: reached.page, action: reached.page } : {};
      await update(id, { state: "problem", why: (told.errors || []).length ? "" : "refused", errors: told.errors || [], ...elsewhere });
    }
    return true;
  };
  /* What was typed is deleted; number and code stay until they are put away. If an earlier try had arrived after all
     and the words were changed since, the changed words stay too: they are in no record. */
  const arrived = async (entry, { number, words, code, url, is_repeat: isRepeat }) => {
    const before = await unseal(entry), isOther = Boolean(isRepeat && entry.edited);
    const sealed = await seal({ title: before.title, number, words, code, url, fields: isOther ? before.fields : [] });
    await update(entry.id, { ...sealed, state: "sent", isOther, token: "", errors: [], sentAt: Date.now() });
  };
  const isDue = (entry, now) => !ENDED.includes(entry.state) && (entry.hold || 0) <= Date.now() && (now || (entry.next || 0) <= Date.now());
  const work = async (now) => {
    for (const { id } of (await all()).filter((entry) => isDue(entry, now))) {
      let going = await send(id);
      const after = going && await get(id);
      if (after && after.state === "waiting" && !after.token && after.next === 0) going = await send(id); // a token too old
      if (!going) break;
    }
  };
  /* Send what is due, whatever waits when `now`. One tab at a time; the token keeps it right where browsers have no locks. */
  const sendAll = async (now = false) => {
    if (navigator.locks) await navigator.locks.request(NAME, { ifAvailable: true }, (lock) => lock && work(now));
    else await work(now);
    return (await all()).filter((entry) => ["waiting", "sending"].includes(entry.state)).length;
  };

  Object.assign(self.Kept, { sendAll, ENDED });
})();
