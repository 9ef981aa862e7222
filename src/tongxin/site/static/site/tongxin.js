/* Enhancements only: every page works without this file. */
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const english = root.lang.startsWith("en");
  const say = (chinese, other) => (english ? other : chinese);

  /* Drafts: what was typed survives a reload. Contact fields (data-private) are never kept. */
  const kept = (form) => [...form.querySelectorAll("textarea, select, input")].filter(
    (f) => f.name && !["hidden", "file", "password", "checkbox", "radio", "submit"].includes(f.type) && !f.closest("[data-private]") && !f.hasAttribute("data-private"));
  const draftKey = (form) => "draft:" + form.dataset.draft;
  for (const form of document.querySelectorAll("form[data-draft]")) {
    let draft = null;
    try { draft = JSON.parse(localStorage.getItem(draftKey(form))); } catch { draft = null; }
    if (draft && kept(form).every((f) => f.tagName === "SELECT" || !f.value)) {
      let restored = false;
      for (const f of kept(form)) if (draft[f.name]) { f.value = draft[f.name]; restored = true; }
      if (restored) {
        const note = document.createElement("p");
        note.className = "card note row small";
        note.setAttribute("role", "status");
        note.append(say("上次没写完的还在。", "Your unfinished text is still here. "));
        const drop = document.createElement("button");
        drop.type = "button"; drop.className = "link"; drop.textContent = say("丢弃草稿", "Discard it");
        drop.addEventListener("click", () => { localStorage.removeItem(draftKey(form)); for (const f of kept(form)) if (f.tagName !== "SELECT") f.value = ""; note.remove(); });
        note.append(drop); form.prepend(note);
      }
    }
    form.addEventListener("input", () => {
      try { localStorage.setItem(draftKey(form), JSON.stringify(Object.fromEntries(kept(form).map((f) => [f.name, f.value])))); } catch { /* storage full or refused: the form still works */ }
    });
  }
  for (const done of document.querySelectorAll("[data-draft-done]")) localStorage.removeItem("draft:" + done.dataset.draftDone);

  /* One press, one submission. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm;
    if (question && !window.confirm(question)) { event.preventDefault(); return; }
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 8000);
  });
  addEventListener("pageshow", () => { for (const f of document.querySelectorAll("form[data-sent]")) delete f.dataset.sent; });

  /* Photos: small previews, count and size told at once. */
  for (const input of document.querySelectorAll("input[type=file][accept*=image]")) {
    const box = document.createElement("div");
    box.className = "thumbs"; box.setAttribute("aria-live", "polite"); input.after(box);
    input.addEventListener("change", () => {
      box.replaceChildren();
      const most = Number(input.dataset.maxFiles || 6), bytes = Number(input.dataset.maxBytes || 10485760);
      const files = [...input.files];
      const wrong = files.length > most ? say(`最多 ${most} 张`, `At most ${most} photos`) : files.some((f) => f.size > bytes) ? say("有照片太大了", "One of the photos is too large") : "";
      input.setCustomValidity(wrong);
      if (wrong) { box.textContent = wrong; return; }
      for (const file of files) { const img = document.createElement("img"); img.alt = file.name; img.src = URL.createObjectURL(file); img.onload = () => URL.revokeObjectURL(img.src); box.append(img); }
    });
  }

  /* Use my location. */
  for (const button of document.querySelectorAll("[data-locate]")) {
    if (!navigator.geolocation) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const words = button.textContent;
      button.textContent = say("正在定位……", "Locating…");
      navigator.geolocation.getCurrentPosition((position) => {
        const { latitude, longitude } = position.coords;
        if (button.dataset.locate === "go") { location.search = "?lat=" + latitude.toFixed(5) + "&lng=" + longitude.toFixed(5); return; }
        const form = button.closest("form");
        form.elements.latitude.value = latitude.toFixed(6); form.elements.longitude.value = longitude.toFixed(6);
        button.textContent = say("已记下位置", "Location noted");
      }, () => { button.textContent = words; alert(say("没有取得位置，请直接选社区。", "No location available; please choose a community.")); }, { timeout: 8000 });
    });
  }

  /* Copy, choose all, print. */
  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => { copy.textContent = say("已复制", "Copied"); });
    if (event.target.closest("[data-print]")) print();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-choose-all]")) return;
    for (const box of event.target.closest("form, table").querySelectorAll("tbody input[type=checkbox]")) box.checked = event.target.checked;
  });

  /* j and k walk a work list. */
  const rows = [...document.querySelectorAll("[data-rows] tbody tr, [data-rows] > li")];
  let at = -1;
  if (rows.length) document.addEventListener("keydown", (event) => {
    if (!["j", "k"].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    rows[at]?.classList.remove("chosen");
    at = Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)));
    rows[at].classList.add("chosen"); rows[at].querySelector("a")?.focus();
  });
})();
