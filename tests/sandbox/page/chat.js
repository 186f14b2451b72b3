// The practice ground: which phones are on the desk, who is told about what, and the dialogs around them.

import { ask, avatar, h, tell } from "./kit.js";
import { Clock } from "./clock.js";
import { Phone } from "./phone.js";
import { Tools } from "./tools.js";
import { Training } from "./training.js";

const at = (id) => document.getElementById(id);
const KEY = "sandbox.phones";
const phones = new Map();
const clock = new Clock(at("clock"));
const tools = new Tools(at("tools"));
const dialog = at("dialog");
const training = new Training(at("training"), dialog, {
  open: async (id) => {
    for (const key of [...phones.keys()]) if (key !== id) removePhone(key);
    addPhone((await people("")).find((one) => one.userId === id));
  },
});

async function people(words) { return ask(`people?q=${encodeURIComponent(words || "")}`); }

function remember() {
  const ids = [...phones.keys()];
  localStorage.setItem(KEY, JSON.stringify(ids));
  history.replaceState(null, "", ids.length ? `#${ids.map(encodeURIComponent).join(",")}` : "#");
}

function addPhone(person, focus = true) {
  if (!phones.has(person.userId)) {
    const phone = new Phone(person, { onClose: () => removePhone(person.userId), onFrames: (id) => tools.focus(id) });
    phones.set(person.userId, phone);
    at("phones").append(phone.node);
    phone.refresh().then(drawWho);
    remember();
  }
  if (focus) choose(person.userId);
}

function removePhone(id) {
  phones.get(id)?.node.remove();
  phones.delete(id);
  remember();
  choose([...phones.keys()].pop() || "");
}

function choose(id) {
  for (const [key, phone] of phones) phone.node.classList.toggle("chosen", key === id);
  phones.get(id)?.node.scrollIntoView({ inline: "nearest", block: "nearest" });
  drawWho();
}

function drawWho() {
  at("who").replaceChildren(...[...phones.values()].map((phone) => h("button", {
    type: "button", "aria-pressed": String(phone.node.classList.contains("chosen")), onclick: () => choose(phone.user.userId) },
  phone.user.name, phone.unread ? h("em", { class: "badge" }, phone.unread > 99 ? "99+" : String(phone.unread)) : null)));
  at("phones").classList.toggle("none", !phones.size);
}

// A dialog that finds people by name or unit; `pick(person)` for each choice, stays open while `many`.
async function findPeople(title, pick, extra) {
  const list = h("ul", { class: "found" });
  const words = h("input", { type: "search", placeholder: "姓名、单位或职务", "aria-label": "找人", autocomplete: "off" });
  const draw = async () => {
    const found = await people(words.value.trim());
    const rows = found.slice(0, 80).map((one) => h("li", {}, h("button", { type: "button", onclick: (event) => pick(one, event.currentTarget) },
      avatar(one.name), h("span", {}, h("b", {}, one.name), h("small", {}, [one.unit, one.title].filter(Boolean).join(" · "))))));
    const empty = h("li", { class: "empty" }, words.value ? "没有找到，换个字试试。" : "通讯录还是空的，启动业务程序后会有人员。");
    list.replaceChildren(...(rows.length ? rows : [empty]));
  };
  words.addEventListener("input", draw);
  dialog.replaceChildren(h("div", { class: "sheet-head" }, h("h2", {}, title), h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "关闭")), extra?.top || "", words, list, extra?.foot || "");
  await draw();
  if (!dialog.open) dialog.showModal();
  words.focus();
}

function makeGroup() {
  const members = new Map();
  const title = h("input", { type: "text", placeholder: "群名，例如：海秀街道联办群", "aria-label": "群名" });
  const count = h("p", { class: "hint" }, "点选至少两个人。");
  const make = h("button", { type: "button", class: "filled", disabled: true, onclick: async () => {
    await tell("groups", { title: title.value.trim() || "群聊", members: [...members.keys()] });
    dialog.close();
  } }, "建群");
  findPeople("建一个有机器人的群", (one, button) => {
    if (members.has(one.userId)) members.delete(one.userId); else members.set(one.userId, one.name);
    button.classList.toggle("picked", members.has(one.userId));
    count.textContent = members.size ? `已选：${[...members.values()].join("、")}` : "点选至少两个人。";
    make.disabled = members.size < 2;
  }, { top: title, foot: h("div", { class: "sheet-foot" }, count, make) });
}

async function drawLink() {
  try {
    const { connections } = await ask("about");
    at("link").textContent = connections ? `机器人在线 · ${connections} 条连接` : "机器人没有连上";
    at("link").className = connections ? "link on" : "link";
  } catch { at("link").textContent = "练习环境没有回应"; at("link").className = "link"; }
}

function heard(topics) {
  for (const topic of topics) {
    if (topic.startsWith("user:")) phones.get(topic.slice(5))?.refresh().then(drawWho);
    else if (topic === "clock") clock.refresh();
    else if (topic === "connections") drawLink();
    else if (topic === "training") training.refresh();
    else tools.refresh(topic);
  }
}

function listen() {
  const live = new EventSource("/sandbox/live");
  live.onmessage = (event) => heard(JSON.parse(event.data));
  live.onopen = () => { drawLink(); tools.restart(); clock.refresh(); training.refresh(); for (const phone of phones.values()) phone.refresh().then(drawWho); };
  live.onerror = () => drawLink();
}

async function start() {
  const hash = location.hash.slice(1).split(",").filter(Boolean).map(decodeURIComponent);
  const wanted = hash.length ? hash : JSON.parse(localStorage.getItem(KEY) || "[]");
  const known = new Map((await people("")).map((one) => [one.userId, one]));
  const first = wanted.filter((id) => known.has(id));
  for (const id of first.length ? first : [...known.keys()].slice(0, 2)) addPhone(known.get(id), false);
  choose(phones.keys().next().value || "");
  listen();
}

at("add-phone").addEventListener("click", () => findPeople("添加谁的手机", (one) => { addPhone(one); dialog.close(); }));
at("make-group").addEventListener("click", makeGroup);
at("train").addEventListener("click", () => training.choose());
at("show-tools").addEventListener("click", () => { tools.toggle(); at("show-tools").setAttribute("aria-pressed", String(tools.open)); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) for (const phone of phones.values()) phone.refresh(); });
start();
