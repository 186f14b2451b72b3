// A phone checks in: by the sponsor's code, by its place, by words. A code that meets no network is kept and sent later,
// with the proof that this page was open before; only the server's clock is believed.
"use strict";

const page = document.getElementById("here");
const KEPT = "here.kept", PAGES = "here.pages", LAST = "here.last";
const AGAIN_MS = 5000, LONGEST_SIDE = 1600;
const at = (id) => document.getElementById(id);
const read = (name, otherwise) => { try { return JSON.parse(localStorage.getItem(name)) ?? otherwise; } catch { return otherwise; } };
const keep = (name, value) => localStorage.setItem(name, JSON.stringify(value));
const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(18)), (one) => one.toString(16).padStart(2, "0")).join("");
const number = new URLSearchParams(location.search).get("no") || "";
let csrf = "", busy = false;

function say(words, good = false) {
  at("told").hidden = !words;
  at("told").textContent = words;
  at("told").classList.toggle("no", !good);
}

// A code that came in the address, as DingTalk's scanner opens it, is taken at once; the address forgets it.
function takeCode(text) {
  const code = text.includes("#") ? text.slice(text.indexOf("#") + 1) : text;
  if (!/^\d+\.\d+\.\d+\.[\w-]{22}$/.test(code)) return say("这不是签到码，请扫发起人手机上的签到码。");
  const kept = read(KEPT, []);
  if (!kept.some((one) => one.code === code)) keep(KEPT, [...kept, { code, key: fresh(), spot: "", proof: "", waits: false }].slice(-20));
  keep(LAST, { order: code.split(".")[0] });
  if (!navigator.onLine) for (const one of read(KEPT, [])) wait(one);
  drawKept();
}

// Without network: the proof that this page was open goes with the code, under a key of its own.
function wait(item) {
  const held = read(PAGES, {})[item.code.split(".")[0]];
  const late = item.waits ? item : { ...item, waits: true, key: fresh(), proof: held ? held.view.proof : "" };
  keep(KEPT, read(KEPT, []).map((one) => (one.code === item.code ? late : one)));
}

async function ask(address, body) {
  const answer = await fetch(address, { redirect: "manual", cache: "no-store", headers: { Accept: "application/json" }, ...(body && { method: "POST", body }) });
  if (answer.type === "opaqueredirect") {
    const door = insideDingTalk() ? page.dataset.inside : page.dataset.signIn;
    location.replace(`${door}?next=${encodeURIComponent(location.pathname + location.search)}`);
    return new Promise(() => {});
  }
  const told = await answer.json().catch(() => ({ sentence: answer.status === 429 ? "操作太频繁，请稍后再试。" : "这里打不开，请回到卡片重新进入。" }));
  if (told.csrf) csrf = told.csrf;
  return { ...told, ok: answer.ok };
}

function offline(is) {
  at("offline").hidden = !is;
}

// --- what is shown ---

function draw(told) {
  const view = told.view;
  keep(PAGES, { ...Object.fromEntries(Object.entries(read(PAGES, {})).slice(-9)), [told.order]: { order: told.order, view } });
  keep(LAST, { order: String(told.order) });
  drawView(view);
}

function drawView(view) {
  at("state").textContent = view.state_title;
  at("state").className = `tag tone-${view.check_in ? "green" : view.ways.length ? "blue" : "grey"}`;
  at("title").textContent = view.title;
  at("facts").textContent = `尾号 ${view.tail} · 发起：${view.sponsor} · ${view.unit}\n${view.meet} ${view.place}`;
  at("done").hidden = !view.check_in;
  at("done-words").textContent = view.check_in;
  at("said").hidden = !view.said;
  at("said").textContent = view.said;
  const canScan = insideDingTalk() && Boolean(dd.scan);
  for (const one of page.querySelectorAll("[data-way]")) {
    const wanted = view.ways.includes(one.dataset.way);
    one.hidden = !wanted || (one.dataset.way === "scan" && canScan === "plain" in one.dataset);
  }
}

function drawKept() {
  const waiting = read(KEPT, []).filter((one) => one.waits);
  at("kept").hidden = !waiting.length;
  const proved = waiting.every((one) => one.proof);
  at("kept-words").textContent = proved
    ? "现在没有网络，恢复后自动补传，以扫码的时间为准。"
    : "现在没有网络，恢复后自动补传；那时码若已过期，请补卡。";
}

// --- what is done ---

async function refresh() {
  const kept = read(KEPT, [])[0], last = read(LAST, {});
  const query = kept && !number ? `code=${encodeURIComponent(kept.code)}` : number ? `no=${encodeURIComponent(number)}` : `no=${encodeURIComponent(read(PAGES, {})[last.order]?.view.no || "")}`;
  const told = await ask(`${page.dataset.state}?${query}`);
  offline(false);
  if (told.view) draw(told); else { say(told.sentence); at("facts").textContent = ""; }
  return told;
}

function drop(item) {
  keep(KEPT, read(KEPT, []).filter((one) => one.code !== item.code));
}

// Everything kept is sent in its order; whatever the server answers, it is not sent again.
async function send() {
  if (busy) return;
  busy = true;
  try {
    for (const item of read(KEPT, [])) {
      if (!csrf) {
        const told = await refresh();
        if (!told.view) { drop(item); continue; } // no order of theirs: the sentence says why
      }
      const spot = item.waits ? item.spot : await whereAmI(page.dataset.config, 3000).catch(() => "");
      const body = new URLSearchParams({ csrf_token: csrf, token: item.key, no: number, shown_code: item.code, open_page: item.proof, spot });
      const told = await ask(`${page.dataset.acts}scan_in`, body);
      drop(item);
      say(told.sentence, told.ok);
      if (told.view) draw(told); else await refresh().then(() => say(told.sentence, told.ok));
    }
  } catch {
    offline(true);
    for (const item of read(KEPT, [])) wait(item);
    const last = read(PAGES, {})[read(LAST, {}).order];
    if (last) drawView(last.view); else at("facts").textContent = "没有网络，签到码会先存在手机里。";
  } finally {
    busy = false;
    drawKept();
  }
}

async function act(action, fields) {
  try {
    const held = read(PAGES, {})[read(LAST, {}).order];
    const told = await ask(`${page.dataset.acts}${action}`, new URLSearchParams({ csrf_token: csrf, token: fresh(), no: held ? held.view.no : number, ...fields }));
    say(told.sentence, told.ok);
    if (told.view) draw(told);
    return told.ok;
  } catch {
    offline(true);
    say("现在没有网络。可以先扫签到码，恢复后自动补传；别的方式请等网络恢复。");
    return false;
  }
}

// Where no app lends its scanner (海政通, a browser): a photo of the code, read by the browser if it can, else by us.
async function textOn(photo) {
  const whole = await createImageBitmap(photo), scale = Math.min(1, LONGEST_SIDE / Math.max(whole.width, whole.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(whole.width * scale), height: Math.round(whole.height * scale) });
  canvas.getContext("2d").drawImage(whole, 0, 0, canvas.width, canvas.height);
  const seen = "BarcodeDetector" in window ? await new BarcodeDetector().detect(canvas).catch(() => []) : [];
  if (seen.length) return seen[0].rawValue;
  if (!csrf) await refresh();
  const form = new FormData();
  form.append("csrf_token", csrf);
  form.append("picture", await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9)), "code.jpg");
  return (await ask(page.dataset.reader, form)).texts?.[0] || "";
}

at("photo").addEventListener("change", async (event) => {
  const [photo] = event.target.files, button = event.target.closest("label");
  event.target.value = "";
  if (!photo) return;
  button.classList.add("busy");
  say("正在读码，一两秒就好。", true);
  try {
    const text = await textOn(photo);
    if (text) { say(""); takeCode(text); send(); } else say("照片里没有找到签到码，请靠近些、对正了再拍一张。");
  } catch {
    say(navigator.onLine ? "这张照片读不了，请再拍一张。" : "现在没有网络，读不了照片；请用钉钉「扫一扫」，或等网络恢复。");
  } finally {
    button.classList.remove("busy");
  }
});

page.addEventListener("click", async (event) => {
  const way = event.target.closest("button[data-way]")?.dataset.way;
  if (way === "scan") {
    dd.scan({ type: "qr", success: (found) => { takeCode(found.text || ""); send(); }, fail: () => say("没有扫到，请再试一次。") });
  } else if (way === "here") {
    event.target.disabled = true;
    const spot = await whereAmI(page.dataset.config).catch(() => "");
    event.target.disabled = false;
    if (spot) await act("check_in_here", { spot }); else say("没有读到位置，请在手机设置里允许定位，或手写位置。");
  }
});

page.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const done = await act(form.dataset.action, Object.fromEntries(new FormData(form)));
  for (const button of form.querySelectorAll("button")) button.disabled = false;
  if (done) { form.reset(); form.closest("details").open = false; }
});

if (location.hash.length > 1) {
  takeCode(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
}
addEventListener("hashchange", () => { takeCode(location.hash.slice(1)); history.replaceState(null, "", location.pathname + location.search); send(); });
addEventListener("online", () => send().then(() => refresh().catch(() => {})));
addEventListener("offline", () => offline(true));
setInterval(() => { if (read(KEPT, []).length) send(); }, AGAIN_MS);
if (navigator.serviceWorker) {
  navigator.serviceWorker.register(page.dataset.worker).then(() => navigator.serviceWorker.ready)
    .then((ready) => ready.active.postMessage([location.pathname, ...page.dataset.keeps.split(" ")])).catch(() => {});
}
if (read(KEPT, []).length) send(); else refresh().catch(() => { offline(true); const last = read(PAGES, {})[read(LAST, {}).order]; if (last) drawView(last.view); });
