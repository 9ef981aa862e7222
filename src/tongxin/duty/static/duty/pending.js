/* What waits on this device: the list of it, keeping what is sent without a network, changing and deleting it.
   Loaded by offline.js once somebody writes or something waits; kept.js and sending.js come before it. */
(async () => {
  "use strict";
  const root = document.documentElement, english = root.lang.startsWith("en");
  const say = (chinese, other) => (english ? other : chinese);
  const own = document.querySelector("script[data-offline]"), isShell = root.hasAttribute("data-shell");
  const forms = [...document.querySelectorAll("form[data-offline]")], main = document.querySelector("main");
  const PERSONAL = ["enter", "visit"], LEAVING = "tongxin-leaving", SECRET = ["csrfmiddlewaretoken", "token"];
  const flag = (on) => { try { if (on) localStorage.setItem("kept", "1"); else localStorage.removeItem("kept"); } catch { /* refused */ } };
  const make = (tag, look, words) => { const made = document.createElement(tag); if (look) made.className = look; if (words) made.append(words); return made; };
  const day = new Intl.DateTimeFormat(english ? "en" : "zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  const NAMES = { raise: say("提事", "A matter"), enter: say("代录事项", "An entry on behalf"), visit: say("走访", "A visit") };

  /* Is there a store? Private windows of some browsers have none. */
  let works = Boolean(self.Kept && self.indexedDB && crypto.subtle && crypto.randomUUID), owner = own?.dataset.owner || "";
  try { if (works) { if (isShell) owner = (await Kept.meta("owner")) || ""; else await Kept.note("owner", owner); } } catch { works = false; }
  for (const part of document.querySelectorAll("[data-kept-staff]")) if (owner) part.hidden = false;

  /* words at the top of the form or the page, read aloud */
  const told = make("div", "stack"); told.setAttribute("role", "status"); told.tabIndex = -1; told.dataset.keptTold = "";
  const tell = (words, look = "info", more = "") => { const p = make("p", `card note ${look}`, words); if (more) p.append(" ", more); told.replaceChildren(p); };
  const colon = (label) => (label ? label.replace(/[？?：:。.]$/, "") + say("：", ": ") : "");
  const link = (href, words, look = "") => { const a = make("a", look, words); a.href = href; return a; };
  const signIn = () => link(`/accounts/login/?next=${encodeURIComponent("/offline/")}`, say("去登录", "Sign in"));
  const line = make("p", "card note warning small"); line.hidden = true; line.tabIndex = -1; line.setAttribute("role", "status");
  const list = make("section", "card stack"); list.hidden = true; list.setAttribute("aria-label", say("这台设备上写的", "Written on this device"));
  const isListPage = Boolean(document.querySelector("[data-kept]"));
  (document.querySelector("[data-kept]") || make("div")).append(line, told, list);
  if (forms.length) forms[0].before(line, told, list);
  else if (!isListPage) main.prepend(told);
  const connection = () => {
    line.hidden = navigator.onLine && !(isShell && forms.length);
    line.textContent = !works
      ? say("现在没有网络，这个浏览器又不能替您保存（可能开了无痕模式）。写的还在这一页，请别关，有网再提交。", "There is no network, and this browser can keep nothing for you (perhaps a private window). What you write stays on this page: leave it open and submit when there is a network.")
      : !forms.length ? say("现在没有网络。", "There is no network.")
        : say("现在没有网络也能写。照常按提交，先加密存在这台设备上，有网自动送出。", "You can write without a network. Submit as usual: it stays on this device, encrypted, and leaves by itself when there is a network.");
  };
  connection();

  /* asking before deleting */
  const sure = (question, yes) => new Promise((answer) => {
    const box = make("dialog", "stack"), words = make("p", "", question), row = make("form", "row");
    row.method = "dialog"; words.id = "kept-ask"; box.setAttribute("aria-labelledby", words.id);
    for (const [value, text, look] of [["", say("先不做", "Not now"), "btn"], ["yes", yes, "btn danger"]]) { const b = make("button", look, text); b.value = value; row.append(b); }
    box.append(words, row); document.body.append(box); box.showModal();
    box.onclose = () => { box.remove(); answer(box.returnValue === "yes"); };
  });

  /* the list */
  const WHY = {
    refused: say("服务器没有收下。请改一改再送，或者到工作站当面说。", "The server did not take it. Please change it and send it again, or come to a workstation."),
    limited: say("这个网络地址送得太多了，过一会儿自动再送。", "Too much came from this network; it will be sent again a little later."),
    server: say("服务器暂时没有应答，会自动再送。", "The server did not answer; it will be sent again by itself."),
  };
  const stateOf = (entry) => ({
    waiting: ["soon", navigator.onLine ? say("等着送出", "Waiting to be sent") : say("等待网络", "Waiting for the network")],
    sending: ["info", say("正在发送", "Sending")], leaving: ["info", say("正在发送", "Sending")],
    signin: ["late", say("▲ 请先登录", "▲ Please sign in")], other: ["late", say("▲ 请用录它的账号登录", "▲ Sign in as who wrote it")],
    problem: ["late", say("▲ 要您处理", "▲ Needs you")], sent: ["ok", say("✓ 已送达", "✓ Delivered")],
  })[entry.state];
  const button = (words, look, deed) => { const b = make("button", look, words); b.type = "button"; b.onclick = deed; return b; };
  const wordsOf = ({ fields }) => fields.filter(([name, value]) => value && !/(consent|latitude|longitude|station|area|category|member|kind|source|offline|photos_held)$/.test(name)).map(([, value]) => value).join("\n");
  const row = async (entry) => {
    const li = make("li", "stack"), head = make("p", "row"), [tone, words] = stateOf(entry);
    li.dataset.entry = entry.id; li.dataset.state = entry.state; li.tabIndex = -1;
    head.append(make("span", `chip ${tone}`, words), make("span", "small muted", `${NAMES[entry.purpose]} · ${day.format(entry.made)}`)); li.append(head);
    if (entry.owner && entry.owner !== owner) {
      li.append(make("p", "small", owner ? say("另一个账号录的，内容不显示。", "Written by another account; its content is not shown.") : say("登录后才显示内容、才会送出。", "Sign in to see it and to send it.")));
      if (!owner && navigator.onLine) li.append(signIn());
      return li;
    }
    let content;
    try { content = await Kept.unseal(entry); } catch { content = { title: "", fields: [], files: [] }; }
    if (content.title) li.append(make("p", "words", content.title));
    const deeds = make("p", "row no-print");
    if (entry.state === "sent") {
      if (content.number) {
        const facts = make("dl", "facts"), code = make("dd", "code", content.code), number = make("dd", "", `${content.words} `);
        code.translate = false; number.append(make("span", "muted num", `(${content.number})`));
        facts.append(make("dt", "", say("编号", "Number")), number);
        if (content.code) facts.append(make("dt", "", say("查询码", "Tracking code")), code);
        li.append(facts, make("p", "small", say("请抄下或拍下来：编号加查询码才能看进度。", "Write this down or take a picture: number and code open the progress.")));
        const copy = button(say("复制", "Copy"), "btn", () => {}); copy.dataset.copy = `${content.words} ${content.code}`; deeds.append(copy);
      } else if (content.words) li.append(make("p", "", content.words));
      if (entry.isOther) {
        li.append(make("p", "card note warning", say("前一次其实已经送到。您后来改过的内容没有送出，都列在这里；要补充请到进度页。", "An earlier try had arrived after all. What you changed later was not sent and stands here; add it on the tracking page.")),
          make("p", "words small", wordsOf(content)));
      }
      if (content.url) deeds.append(link(content.url, content.number ? say("看进度", "See the progress") : say("看回执", "See the receipts")));
      deeds.append(button(say("抄好了，收起", "Noted, put away"), "btn quiet", () => Kept.remove(entry.id).then(draw)));
    } else {
      if (entry.why) li.append(make("p", "small", WHY[entry.why] || ""));
      for (const { label, words: why } of entry.state === "problem" ? entry.errors || [] : []) li.append(make("p", "why", colon(label) + why));
      if (entry.state === "problem" || content.files.length) {
        const whole = make("details"), photos = content.files.length;
        whole.append(make("summary", "", say("写了什么", "What was written")), make("p", "words small", wordsOf(content)));
        if (photos) whole.append(make("p", "small", say(`照片 ${photos} 张`, `Photos: ${photos}`)));
        li.append(whole);
      }
      if (entry.state === "signin") deeds.append(signIn());
      const isWrong = entry.state === "problem"; // sending it unchanged may help all the same: a limit, a right given meanwhile
      deeds.append(link(`${entry.page}#kept-${entry.id}`, say("修改", "Edit"), isWrong ? "btn act" : "btn"), button(isWrong ? say("照原样再送", "Send again as it is") : say("现在送", "Send now"), "btn", () => sendNow(entry.id)),
        button(say("删除", "Delete"), "btn quiet", async () => {
          if (await sure(say("删除这件还没送出的？写的和照片都没有了，找不回来。", "Delete this unsent entry? Its words and photos are gone for good."), say("删除", "Delete"))) { await Kept.remove(entry.id); await draw(); }
        }));
    }
    li.append(deeds);
    return li;
  };
  let drawing = 0, drawn = "", counted;
  const count = (entries, state) => entries.filter((e) => e.state === state && (!e.owner || e.owner === owner)).length;
  const draw = async () => {
    if (!works) return;
    const all = (await Kept.all()).reverse(), entries = all.filter((e) => e.state !== "leaving" || isListPage);
    flag(all.length);
    const picture = JSON.stringify([navigator.onLine, entries.map(({ id, state, why, errors, data }) => [id, state, why, errors, data.byteLength])]);
    if (picture === drawn) return;
    drawn = picture;
    const turn = (drawing += 1), rows = await Promise.all(entries.map(row));
    if (turn !== drawing) return; // a newer picture is on its way
    const now = [count(entries, "sent"), count(entries, "problem")];
    if (counted && (forms.length || isListPage)) {
      if (now[0] > counted[0]) tell(say("送到了。编号和查询码在下面，请抄下来。", "It arrived. Number and tracking code stand below; please note them."), "");
      else if (now[1] > counted[1]) tell(say("有一件没有收下，要您处理。", "One was not taken and needs you."), "warning");
    }
    counted = now;
    list.hidden = !rows.length && !isListPage;
    if (!forms.length && !isListPage) { hint(entries); return; }
    const had = list.contains(document.activeElement) && document.activeElement.closest("[data-entry]")?.dataset.entry;
    const ul = make("ul", "list"); ul.append(...rows);
    list.replaceChildren(make("h2", "", say("这台设备上写的", "Written on this device")),
      rows.length ? make("p", "small muted", say("加密存在这台设备上，送到就删。请别清除浏览器数据。", "Encrypted on this device and deleted when delivered. Please don't clear the browser's data.")) : make("p", "muted", say("没有待送出的，都送到了。", "Nothing waits; everything was delivered.")), ul);
    if (had) list.querySelector(`[data-entry="${had}"]`)?.focus();
  };
  /* Pages without a form say it in one line. */
  const hint = (entries) => {
    const mine = entries.filter((e) => !e.owner || e.owner === owner), sent = mine.filter((e) => e.state === "sent").length, rest = entries.length - sent;
    if (!entries.length) { told.replaceChildren(); return; }
    tell(sent ? say(`没有网络时写的，有 ${sent} 件送到了。`, `${sent} written without a network arrived.`) : say(`有 ${rest} 件还在这台设备上没送出。`, `${rest} still wait on this device.`), sent ? "" : "warning", link("/offline/", say("看编号和查询码", "Numbers and codes")));
    if (!sent) told.querySelector("a").textContent = say("看一看", "Have a look");
  };

  /* sending */
  const sendAll = async (now) => { if (!works || navigator.onLine === false) return; try { await Kept.sendAll(now); } catch { /* the next trigger tries again */ } await draw(); };
  const sendNow = async (id) => {
    if (navigator.onLine === false) { tell(say("还没有网络。有了会自动送出。", "There is no network yet. It leaves by itself."), "warning"); return; }
    await Kept.update(id, (e) => (e.state === "sending" ? null : { state: "waiting", next: 0, hold: 0, errors: [], why: "" }));
    await sendAll(true);
  };
  const asked = (registration) => registration?.sync?.register(Kept.NAME).catch(() => {});

  /* photos leave smaller: what the server would make of them anyway, at a tenth of the data */
  const MOST = 2000;
  const shrink = async (file) => {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
    try {
      const picture = await createImageBitmap(file), scale = Math.min(1, MOST / Math.max(picture.width, picture.height));
      if (scale === 1 && file.size < 1_500_000) return file;
      const canvas = make("canvas"), pen = canvas.getContext("2d");
      canvas.width = Math.round(picture.width * scale); canvas.height = Math.round(picture.height * scale);
      pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height); pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.85); });
      return blob && blob.size < file.size ? new File([blob], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg" }) : file;
    } catch { return file; } // not a picture this browser knows: the server looks at it
  };

  /* what is plainly missing is said before it is kept: nobody should hear of it days later */
  const faultsOf = (form) => {
    const found = new Map(), add = (control, words) => { if (control?.name && !found.has(control.name)) found.set(control.name, { control, words }); };
    for (const control of form.elements) {
      if (!control.willValidate || control.type === "hidden") continue;
      const { validity, minLength, value } = control;
      if (validity.valueMissing) add(control, say("还没有填。", "This is missing."));
      else if (minLength > 0 && value.trim() && value.trim().length < minLength) add(control, say(`至少写 ${minLength} 个字。`, `At least ${minLength} characters.`));
      else if (!validity.valid) add(control, control.validationMessage);
    }
    for (const phone of form.querySelectorAll("[name$=phone]")) {
      const consent = [...form.querySelectorAll(`[name="${phone.name.replace(/phone$/, "consent")}"]`)], name = form.elements[phone.name.replace(/phone$/, "name")];
      const agreed = consent.some((c) => c.checked && c.value);
      if (consent.length && (phone.value.trim() || name?.value.trim()) && !agreed) add(consent[0], say("留了联系方式，请选同意；不同意就把称呼和电话清空。", "A contact needs consent: agree, or empty name and phone."));
      if (phone.value.trim() && phone.value.replace(/\D/g, "").length < 7) add(phone, say("电话看起来不对，请再看看。", "This does not look like a phone number."));
    }
    return [...found.values()];
  };
  const labelOf = (control) => {
    const words = (control.closest("fieldset")?.querySelector("legend") || control.labels?.[0])?.cloneNode(true);
    words?.querySelectorAll(".optional, input").forEach((part) => part.remove());
    return words?.textContent.trim() || "";
  };
  const complain = (form, faults) => {
    form.querySelector("[data-kept-faults]")?.remove();
    for (const bad of form.querySelectorAll("[data-kept-bad]")) { bad.removeAttribute("aria-invalid"); delete bad.dataset.keptBad; }
    if (!faults.length) return;
    const box = make("div", "card alert"), p = make("p"), ul = make("ul");
    box.setAttribute("role", "alert"); box.tabIndex = -1; box.dataset.keptFaults = "";
    p.append(make("b", "", say("还有几处要改，您写的都还在：", "A few things need changing; what you wrote is still here:"))); box.append(p, ul);
    for (const { control, label, words } of faults) {
      const li = make("li"), all = colon((label ?? (control ? labelOf(control) : "")) || "") + words;
      if (control?.id) { li.append(link(`#${control.id}`, all)); control.setAttribute("aria-invalid", "true"); control.dataset.keptBad = ""; } else li.append(all);
      ul.append(li);
    }
    form.prepend(box); box.focus();
  };

  const contentOf = async (form) => {
    const fields = [], files = [];
    for (const [name, value] of new FormData(form)) {
      if (SECRET.includes(name)) continue;
      if (typeof value === "string") { if (name !== "offline") fields.push([name, value]); } else if (value.size) files.push({ field: name, file: await shrink(value) });
    }
    if (form.elements.offline) fields.push(["offline", "1"]);
    const title = (fields.find(([name, value]) => /(^|-)(text|words)$/.test(name) && value.trim())?.[1] || "").trim().slice(0, 60);
    return [{ fields, title }, files];
  };
  const isPersonal = (form) => PERSONAL.includes(form.dataset.offline);
  const keep = async (form, wanted) => {
    const [content, files] = await contentOf(form), before = form.dataset.entry ? await Kept.get(form.dataset.entry) : null;
    const sealed = await Kept.seal(content, files);
    const entry = {
      id: crypto.randomUUID(), purpose: form.dataset.offline, owner: isPersonal(form) ? owner : "", made: Date.now(), token: "", attempted: false,
      action: form.getAttribute("action") || location.pathname, page: location.pathname, ...before, ...sealed,
      edited: Boolean(before?.attempted), state: "waiting", tries: 0, next: 0, hold: 0, why: "", errors: [], ...wanted,
    };
    await Kept.put(entry); flag(true);
    navigator.storage?.persist?.().catch(() => {});
    return entry;
  };
  const emptied = (form) => {
    const query = form.dataset.entry;
    form.reset(); delete form.dataset.entry; form.querySelector("[data-kept-editing]")?.remove(); complain(form, []);
    form.querySelectorAll(".thumbs").forEach((box) => box.replaceChildren());
    if (form.elements.token) form.elements.token.value = ""; // a token is for one entry; the next one asks for its own
    try { if (form.dataset.draft) localStorage.removeItem(`draft:${form.dataset.draft}`); } catch { /* refused */ }
    if (query) history.replaceState(null, "", location.pathname);
    prepare(form);
  };

  for (const form of forms) {
    let busy = false, patience;
    form.addEventListener("submit", async (event) => {
      if (form.dataset.plain) return; // on its way as the page itself would send it
      const deed = event.submitter;
      if (deed?.formNoValidate) {
        if (navigator.onLine && !isShell) return;
        event.preventDefault(); event.stopPropagation();
        tell(say("这一步要有网络。", "This needs a network."), "warning");
        return;
      }
      if (!works && navigator.onLine) return;
      event.preventDefault(); event.stopPropagation();
      if (busy) return;
      busy = true; form.setAttribute("aria-busy", "true");
      try {
        if (!works) { connection(); line.focus(); return; }
        patience = setTimeout(() => tell(say("正在送出……", "Sending…")), 1200);
        const isFresh = Boolean(form.elements.token?.value) && !form.dataset.entry && !isShell;
        const reached = await Kept.reach(form.dataset.offline, 6);
        const isOwn = reached && (!isPersonal(form) || (reached.owner ?? owner) === owner);
        if (isFresh && isOwn) { // a copy stays until the next page says that it arrived: its answer may be lost
          try { sessionStorage.setItem(LEAVING, (await keep(form, { state: "leaving", attempted: true, token: form.elements.token.value, hold: Date.now() + 120_000 })).id); } catch { /* as without a script */ }
          form.dataset.plain = "1"; form.requestSubmit(deed || undefined);
          return;
        }
        const faults = faultsOf(form);
        if (faults.length) { complain(form, faults); return; }
        const isSignedOut = reached && !isOwn;
        const entry = await keep(form, isSignedOut ? { state: reached.owner ? "other" : "signin" } : {});
        clearTimeout(patience); emptied(form); line.hidden = true;
        if (!reached) tell(say("没有网络，已存在这台设备上，有网自动送出。可以接着写下一件。", "No network: it stays on this device and leaves by itself. You can write the next one."), "warning");
        else if (isSignedOut) tell(say("您已退出登录。写的已存在这台设备上，用同一个账号登录后送出。", "You are signed out. It stays on this device and leaves when you sign in with the same account."), "warning", signIn());
        asked(await navigator.serviceWorker?.getRegistration());
        await draw();
        if (reached && isOwn) await sendNow(entry.id);
        told.focus({ preventScroll: true }); told.scrollIntoView({ block: "start" }); // the button was far below
      } catch {
        tell(say("这台设备存不下，还没有送出。写的都在这一页，请别关，有网再提交。", "This device could not keep it, and it was not sent. Everything is still on this page: leave it open and submit when there is a network."), "error");
      } finally { clearTimeout(patience); busy = false; form.removeAttribute("aria-busy"); }
    });
  }

  /* a form from the device: what the address or the clock would have filled in */
  const prepare = (form) => {
    if (!isShell) return;
    const query = new URLSearchParams(location.search);
    for (const name of ["station", "area", "text"]) { const control = form.elements[name], value = query.get(name); if (control && value && !control.value) control.value = value; }
    if (form.elements.station?.value && form.elements.area) form.elements.area.required = false;
    const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    for (const control of form.querySelectorAll("[type=datetime-local]")) control.value = now;
  };
  forms.forEach(prepare);

  /* The page after a form was sent in the usual way: a receipt, or the form again with what is wrong, has it all.
     Anything else (the answer was lost) leaves the copy here, which finds out with the same token. */
  const settle = async () => {
    let id = null;
    try { id = sessionStorage.getItem(LEAVING); sessionStorage.removeItem(LEAVING); } catch { /* refused */ }
    if (!id) return;
    if (document.querySelector("[data-draft-done], [data-kept-done]") || (forms.length && main.querySelector(".alert"))) { await Kept.remove(id); return; }
    const entry = await Kept.update(id, { hold: 0 }), form = entry && forms.find((f) => f.dataset.offline === entry.purpose);
    if (form) emptied(form); // it is in the list; in the form it would be sent a second time
  };

  /* one that came back, or is to be changed: everything typed stands in the form again */
  const edit = async (id) => {
    const entry = works && id ? await Kept.get(id) : null, form = entry && forms.find((f) => f.dataset.offline === entry.purpose);
    if (!form || entry.state === "sent" || (entry.owner && entry.owner !== owner)) return;
    const { fields, files } = await Kept.unseal(entry);
    for (const control of form.elements) {
      if (!control.name || SECRET.includes(control.name) || control.type === "file") continue;
      const given = fields.filter(([name]) => name === control.name).map(([, value]) => value);
      if (control.type === "checkbox" || (control.type === "radio" && given.length)) control.checked = given.includes(control.value);
      else if (control.type === "radio") continue;
      else if (given.length) control.value = given[0];
      if (control.value && !["hidden", "submit"].includes(control.type)) control.closest("details")?.setAttribute("open", "");
    }
    for (const input of form.querySelectorAll("input[type=file]")) {
      const chosen = new DataTransfer();
      for (const { field, file } of files) if (field === input.name) chosen.items.add(file);
      input.files = chosen.files; input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    await Kept.update(id, { hold: Date.now() + 30 * 60_000 }); // not sent while it is being changed
    form.dataset.entry = id;
    form.querySelector("[data-kept-editing]")?.remove();
    const bar = make("p", "card note row"); bar.dataset.keptEditing = "";
    bar.append(say("正在改一件没送出的。", "You are changing an unsent entry."), button(say("不改了", "Leave it as it was"), "btn quiet", async () => { await Kept.update(id, { hold: 0 }); emptied(form); await draw(); }));
    form.prepend(bar);
    complain(form, (entry.errors || []).map(({ field, label, words }) => ({ label, words, control: field && form.querySelector(`[name="${field}"]:not([type=hidden])`) })));
    if (!(entry.errors || []).length) form.querySelector("textarea, input:not([type=hidden])")?.focus();
  };
  const hashed = () => /^#kept-([\w-]{8,})$/.exec(location.hash)?.[1];
  addEventListener("hashchange", () => edit(hashed()));

  /* Forms of the staff, for when there is no network: empty ones, in a place that is cleared when they sign out. */
  const store = async () => {
    if (!owner || isShell || !self.caches || !navigator.serviceWorker || navigator.onLine === false) return;
    if ((await Kept.meta("staff")) !== owner) { await caches.delete("tongxin-staff"); await Kept.note("staff", owner); }
    for (const purpose of new Set(forms.filter(isPersonal).map((form) => form.dataset.offline))) {
      const answer = await fetch(`/offline/shell/${purpose}/`, { cache: "no-store" }), page = answer.headers.get("X-Page");
      if (answer.ok && !answer.redirected && page) await (await caches.open("tongxin-staff")).put(page, answer);
    }
  };

  addEventListener("offline", () => { connection(); draw(); });
  addEventListener("online", () => { connection(); sendAll(true); });
  if (works) {
    await settle();
    await draw();
    await edit(hashed());
    if (self.BroadcastChannel) new BroadcastChannel(Kept.NAME).onmessage = () => draw();
    document.addEventListener("visibilitychange", () => { if (!document.hidden) sendAll(false); });
    setInterval(() => sendAll(false), 10_000);
    sendAll(true);
    store().catch(() => {});
  }
  Kept.isReady = true;
})();
