// The wall: one topic at a time in three columns; it changes topics, reconnects and reloads by itself, and keeps its picture meanwhile.
"use strict";

const { setup } = Screen;
const columns = Object.fromEntries(["left", "centre", "right"].map((name) => [name, document.getElementById(name)]));
const at = (id) => document.getElementById(id);
const POLL_MS = setup.poll, IDLE_MS = 4000;
let now = { topic: setup.topic, picture: null }, heading = setup.topic, asked = 0, unfollow = () => {}, heard = Screen.moment();

function spread(panels) {
  const groups = { left: [], centre: [], right: [] };
  panels.forEach((panel, place) => groups[panel.place || (place < 3 ? "left" : place < 6 ? "centre" : "right")].push([panel, place]));
  return groups;
}

// The frames are built once a topic; a refresh only fills them again.
function build(picture) {
  Panels.release();
  for (const [name, panels] of Object.entries(spread(picture.panels))) {
    columns[name].replaceChildren(...(name === "centre" ? [at("lead")] : []), ...panels.map(([panel, place]) => Panels.frame(panel, place)));
    columns[name].dataset.count = panels.length;
  }
  document.title = `${picture.title} · 秀英区社会共同治理数字中心`;
  at("title").textContent = picture.title;
}

const same = (a, b) => a && a.topic === b.topic && a.panels.length === b.panels.length && a.panels.every((panel, place) => panel.title === b.panels[place].title && panel.show === b.panels[place].show && (panel.state === "fault") === (b.panels[place].state === "fault"));

function show(picture) {
  const before = now.picture;
  if (!same(before, picture)) build(picture);
  now = { topic: picture.topic, picture };
  heard = Screen.moment();
  lead(picture);
  warnings(picture);
  at("demo").hidden = !picture.demo;
  for (const made of document.querySelectorAll(".panel")) {
    const panel = picture.panels[made.dataset.place], old = before && before.topic === picture.topic ? before.panels[made.dataset.place] : null;
    const counted = (from) => JSON.stringify([from.panels[made.dataset.place], panel.metrics.map((name) => from.metrics[name])]);
    if (old && counted(before) === counted(picture)) continue; // nothing moves without a reason
    if (made.wanted && Object.values(made.wanted).some(Boolean)) { narrow(made, panel); continue; }
    const held = [...made.querySelectorAll("button")].indexOf(document.activeElement);
    Panels.fill(made, panel, picture.metrics, { narrow: false, pick: (name) => Screen.town(now.topic, name) });
    if (held >= 0) made.querySelectorAll("button")[held]?.focus(); // who walks by keys is not thrown back by a refresh
    if (!setup.device) Screen.filters(made, panel, narrow);
    Panels.fit(made);
  }
  document.documentElement.dataset.drawn = picture.topic;
}

function lead(picture) {
  const metric = picture.metrics[picture.lead], box = at("lead");
  box.className = `lead${metric.level ? ` level-${metric.level}` : ""}${metric.stale ? " stale" : ""}`;
  box.dataset.metric = metric.name;
  const told = Panels.el("span", "lead-told");
  told.append(...[metric.level ? Panels.el("b", `lamp ${metric.level}`, `${Panels.LAMPS[metric.level]}预警`) : null, metric.change ? Panels.el("span", `change ${metric.tone}`, metric.change) : null, metric.target_text ? Panels.el("span", "quiet", `目标 ${metric.target_text}${metric.unit}`) : null, Panels.el("span", "quiet", metric.value === null ? metric.note : metric.stale ? `${metric.stale} 后没有新数据` : metric.as_of)].filter(Boolean));
  box.replaceChildren(Panels.el("span", "lead-title", metric.title), Panels.value(metric), told);
}

function warnings(picture) {
  at("warnings").replaceChildren(...picture.warnings.slice(0, 4).map((one) => {
    const made = Panels.el("button", `lamp ${one.level}`, `${Panels.LAMPS[one.level]} ${one.text}`);
    made.type = "button";
    made.dataset.metric = one.metric;
    return made;
  }));
}

function narrow(made, panel) {
  return Screen.narrow(made, panel, now.topic, (told) => {
    Panels.fill(made, told, now.picture.metrics, { narrow: false });
    Panels.fit(made);
  });
}

// --- the connection ---

function trouble(kind, title = "") {
  const said = at("trouble"), body = document.body;
  if (kind === "") { heard = Screen.moment(); said.hidden = true; body.classList.remove("old"); return; }
  said.hidden = false;
  if (kind === "faulty") { said.textContent = `「${title}」暂时打不开，这里还是「${now.picture.title}」。`; return; }
  const since = Screen.since(heard), out = kind === "out" || kind === "shut";
  said.textContent = out ? (setup.device ? "这块屏已停用或需要重新登记，请联系系统管理员。" : "登录已过期，请刷新后重新登录。") : `连接中断，显示的是 ${since} 的数据，正在自动重连。`;
  body.classList.toggle("old", out || Screen.moment() - heard > 3 * Math.max(POLL_MS, 1000 * (now.picture ? Math.min(now.picture.refresh, 60) : 10)));
}

function open(topic, picture, etag, push = true) {
  unfollow();
  unfollow = Screen.follow({ topic, etag, every: POLL_MS, shown: show, trouble });
  if (picture) show(picture);
  if (push && topic !== setup.topic) history.replaceState(null, "", `${setup.wall}${topic}`);
  for (const one of document.querySelectorAll(".switch a")) one.toggleAttribute("aria-current", one.dataset.topic === topic);
}

// The latest wish counts. Answers what came of it: "shown", or why the topic on the wall stays: "faulty", "out", "away", "left".
async function turn(topic) {
  if (topic === heading) return "shown";
  const mine = ++asked;
  heading = topic;
  let came = "away";
  try {
    const answer = await fetch(`${setup.data}${topic}.json`, { cache: "no-store", redirect: "manual", signal: Screen.patience() });
    if (answer.type === "opaqueredirect" || answer.status === 401) came = "out";
    else if (!answer.ok) came = [502, 503, 504].includes(answer.status) ? "away" : "faulty";
    else {
      const picture = await answer.json();
      if (mine !== asked) return "left";
      setup.topic = now.topic;
      open(topic, picture, (answer.headers.get("ETag") || "").replace(/^W\/|"/g, ""));
      return "shown";
    }
  } catch { /* nobody answered */ }
  if (mine !== asked) return "left";
  heading = now.topic;
  if (came !== "faulty") trouble(came);
  return came;
}

// On to the next of a list. A topic that cannot be told now is passed by: it holds up neither a tour nor a remote.
async function pass(list, by) {
  let place = list.indexOf(heading);
  for (let left = list.length; left > 0; left -= 1) {
    place = (place + by + list.length) % list.length;
    if ((await turn(list[place])) !== "faulty") return;
  }
}

// --- hands and keys; a kiosk has neither ---

const names = setup.topics.map((one) => one.name);
let acted = setup.device ? 0 : Date.now(), rests = 0;

// Whoever presses something looks for a while at what they chose; a mouse that trembles beside a wall is nobody.
function act(event) {
  if (!setup.device || event.type !== "pointermove") acted = Date.now();
  document.body.classList.remove("resting");
  clearTimeout(rests);
  rests = setTimeout(() => document.body.classList.add("resting"), IDLE_MS);
}
for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"]) addEventListener(kind, act, { passive: true });
rests = setTimeout(() => document.body.classList.add("resting"), setup.device ? 0 : IDLE_MS);

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

addEventListener("keydown", (event) => {
  if (event.target.matches("select, input") || event.metaKey || event.ctrlKey || event.altKey) return;
  const [across, down] = ARROWS[event.key] || [0, 0];
  if (at("switch").open) { if (across || down) { event.preventDefault(); reach(at("switch").querySelectorAll("a"), across, down); } return; }
  if (at("sheet").open) return;
  if (across || event.key === "PageDown" || event.key === "PageUp") pass(names, across || (event.key === "PageDown" ? 1 : -1));
  else if (down) { event.preventDefault(); walk(down); }
  else if (event.key === "f" || event.key === "F") full();
  else if (event.key === "t" || event.key === "T" || (event.key === "Enter" && event.target === document.body)) { event.preventDefault(); choose(); }
});

function choose() {
  at("switch").showModal();
  const current = at("switch").querySelector("[aria-current]");
  if (current) current.focus();
}

// A remote has four arrows and OK: within the switcher to the nearest that way, on the wall from number to number.
function reach(all, across, down) {
  const middle = (one) => { const box = one.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; };
  const [x, y] = middle(document.activeElement);
  const far = (one) => { const [left, top] = middle(one), along = (left - x) * across + (top - y) * down; return along > 1 ? along + 3 * Math.abs((left - x) * down + (top - y) * across) : Infinity; };
  const best = [...all].map((one) => [far(one), one]).reduce((a, b) => (b[0] < a[0] ? b : a));
  if (best[0] < Infinity) best[1].focus();
}

function walk(by) {
  const all = [...document.querySelectorAll(".wall-main button, .warnings button")].filter((one) => one.checkVisibility()), place = all.indexOf(document.activeElement);
  if (all.length) all[place < 0 ? (by > 0 ? 0 : all.length - 1) : (place + by + all.length) % all.length].focus();
}

function full() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => {});
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".switch a");
  if (link) { event.preventDefault(); at("switch").close(); turn(link.dataset.topic).then((came) => { if (came === "faulty") trouble(came, link.textContent); }); return; }
  if (event.target === at("switch")) at("switch").close();
  if (event.target.closest("[data-switch]")) choose();
  if (event.target.closest("[data-full]")) full();
  if (!now.picture) return;
  const head = event.target.closest(".panel-head"), panel = head && now.picture.panels[head.closest(".panel").dataset.place];
  if (panel && panel.opens && !event.target.closest("select") && names.includes(panel.opens)) turn(panel.opens);
  else Screen.touched(event.target, now.picture);
});

// The tour: on to the next topic while nobody touches anything.
if (setup.tour.length > 1) {
  setInterval(() => {
    if (Date.now() - acted > 60000 && heading === now.topic) pass(setup.tour, 1); // what was asked for is waited for
  }, setup.every * 1000);
}

// A clock by the server's time, and once a night everything anew.
const dayWords = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric", weekday: "short" });
const nightly = 3 * 60 + Math.floor(Math.random() * 45), began = Date.now();
function tick() {
  if (setup.returns && Date.now() - acted > setup.returns && !document.querySelector("dialog[open]")) document.activeElement.blur();
  const moment = Screen.moment(), words = Screen.clock.format(moment);
  if (at("time").textContent !== words) { at("time").textContent = words; at("day").textContent = dayWords.format(moment).replace("周", " 周"); }
  const [hour, minute] = words.split(":").map(Number);
  document.body.classList.toggle("night", hour >= 22 || hour < 6);
  if (hour * 60 + minute === nightly && Date.now() - began > 3600000) Screen.reload();
}
setInterval(tick, 1000);
tick();

let resizes = 0;
addEventListener("resize", () => { clearTimeout(resizes); resizes = setTimeout(() => { const picture = now.picture; now.picture = null; if (picture) show(picture); }, 200); });

// The first picture came with the page. Words are measured in their own font.
Promise.race([document.fonts.load("18px 'Noto Screen'", "秀英区今日受理"), new Promise((done) => setTimeout(done, 1500))]).finally(() => open(setup.topic, setup.picture, setup.etag, false));
