/* Enhancements only: every page works without this file. What it understands stands in docs/components.md. */
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const english = root.lang.startsWith("en");
  const say = (chinese, other) => (english ? other : chinese);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const note = (words) => {
    const p = document.createElement("p");
    p.className = "card note row small"; p.setAttribute("role", "status"); p.append(words);
    return p;
  };

  /* Drafts: what was typed survives a reload. Names, phones and codes are never kept on the device. */
  const PRIVATE = "[data-private], [autocomplete=name], [autocomplete=tel], [inputmode=tel], [autocomplete=one-time-code], [data-code-from-fragment]";
  const KEPT = ["text", "search", "textarea", "select-one", "date", "time", "datetime-local", "number"];
  const typed = (form) => [...form.elements].filter((f) => f.name && KEPT.includes(f.type) && !f.closest(PRIVATE));
  const store = (key, value) => {
    try { if (value === undefined) localStorage.removeItem(key); else localStorage.setItem(key, JSON.stringify(value)); } catch { /* full or refused: the form still works */ }
  };
  const recall = (key) => { try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; } };
  for (const form of all("form[data-draft]")) {
    const key = "draft:" + form.dataset.draft, draft = recall(key), fields = typed(form);
    const blank = fields.every((f) => f.type === "select-one" || !f.value);
    const back = blank ? fields.filter((f) => draft[f.name] && draft[f.name] !== f.value) : [];
    if (back.length) {
      for (const f of back) f.value = draft[f.name];
      const told = note(say("上次没写完的还在。", "What you had not finished is still here.")), drop = document.createElement("button");
      drop.type = "button"; drop.className = "link"; drop.textContent = say("丢弃草稿", "Discard the draft");
      drop.onclick = () => { store(key); form.reset(); told.remove(); fields[0]?.focus(); };
      told.append(drop); form.prepend(told);
    }
    form.addEventListener("input", () => store(key, Object.fromEntries(typed(form).map((f) => [f.name, f.value]))));
  }
  for (const done of all("[data-draft-done]")) store("draft:" + done.dataset.draftDone);

  /* A form that came back: go to what is wrong. */
  document.querySelector(".alert[tabindex]")?.focus();

  /* Ask before what cannot be undone; one press, one submission. */
  const dialog = (question, button) => {
    const box = document.createElement("dialog"), words = document.createElement("p"), form = document.createElement("form");
    form.method = "dialog"; form.className = "row"; words.textContent = question; words.id = "ask"; box.setAttribute("aria-labelledby", "ask");
    for (const [value, text, look] of [["", say("先不做", "Not now"), "btn"], ["yes", button.textContent.trim(), "btn act"]]) {
      const b = document.createElement("button"); b.value = value; b.textContent = text; b.className = look; form.append(b);
    }
    box.className = "stack"; box.append(words, form); document.body.append(box); box.showModal();
    return new Promise((answer) => { box.onclose = () => { box.remove(); answer(box.returnValue === "yes"); }; });
  };
  addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter, question = button?.dataset.confirm;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (question && !form.dataset.sure) {
      event.preventDefault();
      if (await dialog(question, button)) { const sure = document.createElement("input"); Object.assign(sure, { type: "hidden", name: "sure", value: "yes" }); form.append(sure); form.dataset.sure = "1"; form.requestSubmit(button); delete form.dataset.sure; sure.remove(); }
      return;
    }
    form.dataset.sent = "1"; form.setAttribute("aria-busy", "true");
    /* Parts are for files: without one a form goes as plain pairs, which cost the server a fifth of taking parts apart. */
    if (form.enctype === PARTS && all("input[type=file]", form).every((input) => !input.files.length)) { form.enctype = "application/x-www-form-urlencoded"; form.dataset.parts = ""; }
    setTimeout(() => free(form), 8000);
  });
  const PARTS = "multipart/form-data";
  const free = (form) => {
    delete form.dataset.sent; form.removeAttribute("aria-busy");
    if ("parts" in form.dataset) { form.enctype = PARTS; delete form.dataset.parts; }
  };
  addEventListener("pageshow", () => all("form[data-sent]").forEach(free));

  /* Photos: small previews; too many or too large is said at once. */
  for (const input of all("input[type=file][accept*=image]")) {
    const box = document.createElement("div");
    box.className = "thumbs"; box.setAttribute("aria-live", "polite"); input.after(box);
    input.addEventListener("change", () => {
      const most = Number(input.dataset.maxFiles || 6), bytes = Number(input.dataset.maxBytes || 10485760), files = [...input.files];
      const wrong = files.length > most ? say(`最多 ${most} 张，请少选几张。`, `At most ${most} photos; please choose fewer.`)
        : files.some((f) => f.size > bytes) ? say(`有照片超过 ${Math.round(bytes / 1048576)} MB，请换一张小的。`, `A photo is over ${Math.round(bytes / 1048576)} MB; please choose a smaller one.`) : "";
      input.setCustomValidity(wrong); box.replaceChildren(wrong);
      if (!wrong) for (const file of files) { const img = new Image(); img.alt = file.name; img.src = URL.createObjectURL(file); img.onload = () => URL.revokeObjectURL(img.src); box.append(img); }
    });
  }

  /* Use my location: data-locate leads to an address with lat and lng, data-locate-into fills two hidden fields. */
  if (navigator.geolocation) for (const button of all("[data-locate], [data-locate-into]")) {
    const words = button.textContent, done = (text) => { button.textContent = text; };
    button.hidden = false; button.setAttribute("aria-live", "polite");
    button.addEventListener("click", () => {
      done(say("正在定位……", "Locating…"));
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        const found = [coords.latitude.toFixed(5), coords.longitude.toFixed(5)];
        if (button.dataset.locate) { location.assign(`${button.dataset.locate}?lat=${found[0]}&lng=${found[1]}#near`); return; }
        button.dataset.locateInto.split(" ").forEach((field, i) => { document.querySelector(field).value = found[i]; });
        done(say("✓ 已附上位置", "✓ Location attached"));
      }, () => { done(words); button.after(note(say("没有取得位置，请直接选社区。", "No location available; please choose a community."))); }, { timeout: 8000 });
    });
  }

  /* A tracking code behind the # of a QR code never reaches the server's logs. */
  for (const field of all("[data-code-from-fragment]")) if (/^#[\w-]{6,}$/.test(location.hash) && !document.getElementById(location.hash.slice(1)) && !field.value) {
    field.value = location.hash.slice(1); history.replaceState(null, "", location.pathname + location.search);
  }

  /* Print, copy, choose all. */
  all("[data-print], [data-copy]").forEach((button) => { button.hidden = false; });
  addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => { copy.textContent = say("✓ 已复制", "✓ Copied"); });
    if (event.target.closest("[data-print]")) print();
  });
  addEventListener("change", (event) => {
    if (event.target.matches("[data-choose-all]")) all("tbody input[type=checkbox]", event.target.closest("table")).forEach((box) => { box.checked = event.target.checked; });
  });

  /* Forms that work without a network (data-offline), and what still waits on this device: their script comes only there. */
  const offline = document.currentScript.dataset.offline?.split(" ")[0];
  const waits = () => { try { return localStorage.getItem("kept"); } catch { return null; } };
  if (offline && (document.querySelector("form[data-offline], [data-kept]") || waits())) {
    const script = document.createElement("script");
    script.src = offline; document.head.append(script);
  }

  /* j and k walk a work list. */
  const rows = all("[data-keys=rows] tbody tr");
  let at = -1;
  if (rows.length) addEventListener("keydown", (event) => {
    if (!["j", "k"].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
    rows[at]?.classList.remove("chosen");
    at = Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)));
    rows[at].classList.add("chosen"); rows[at].querySelector("a")?.focus();
  });
})();
