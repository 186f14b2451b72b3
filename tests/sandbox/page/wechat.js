// The WeChat user's phone: chat, menu, scanner. What a reply looks like is what the platform would have shown.

import { ask, h, tell } from "./kit.js";

const $ = (id) => document.getElementById(id);
const LINK = /(https?:\/\/[^\s，。；）]+)/g;
let now = { people: [], chat: [], menu: null };
let scanning = null;

async function refresh() {
  const me = $("who").value || "";
  now = await ask(`wechat/state?openid=${encodeURIComponent(me)}`);
  if (!$("who").options.length) {
    $("who").append(...now.people.map((one) => h("option", { value: one.openid }, one.name)));
    $("who").value = now.current;
    return refresh();
  }
  drawChat();
  drawMenu();
  return undefined;
}

function drawChat() {
  const name = $("who").selectedOptions[0]?.textContent || "我";
  const lines = now.chat.map((line) => {
    if (line.side === "note") return h("li", { class: "note" }, line.text);
    const face = h("span", { class: "face", "aria-hidden": "true" }, line.side === "mine" ? name.slice(0, 1) : "证照");
    return h("li", { class: `line ${line.side}` }, face, h("p", { class: "bubble" }, linked(line.text)));
  });
  const empty = h("li", { class: "empty" }, "点下面的菜单，或者点左下角换成打字，问一句试试");
  $("chat").replaceChildren(...(lines.length ? lines : [empty]));
  $("chat").scrollTop = $("chat").scrollHeight;
}

function linked(text) {
  return text.split(LINK).map((part) =>
    /^https?:/.test(part) ? h("a", { href: part, target: "_blank", rel: "noreferrer" }, part) : part);
}

function drawMenu() {
  const buttons = now.menu?.button || [];
  const swap = $("menu").firstElementChild;
  const drawn = buttons.map((button, first) => {
    const subs = button.sub_button || [];
    if (!subs.length) return h("button", { type: "button", onclick: () => press([first], button) }, button.name);
    const list = h("div", { class: "subs", hidden: true },
      subs.map((one, second) => h("button", { type: "button", onclick: () => press([first, second], one) }, one.name)));
    const open = h("button", { type: "button", "aria-expanded": "false", onclick: () => {
      list.hidden = !list.hidden;
      open.setAttribute("aria-expanded", String(!list.hidden));
    } }, button.name);
    return h("div", { class: "group" }, open, list);
  });
  const none = h("button", { type: "button", disabled: true }, "公众号还没有菜单");
  $("menu").replaceChildren(swap, ...(drawn.length ? drawn : [none]));
}

async function press(path, button) {
  for (const list of document.querySelectorAll(".subs")) list.hidden = true;
  if (button.type.startsWith("scancode")) {
    scanning = path;
    $("scan-no").hidden = true;
    $("scan").showModal();
    return;
  }
  const page = button.type === "view" ? window.open("about:blank", "_blank") : null;
  const told = await doing({ press: path }, "正在打开");
  if (page && told?.open) page.location = told.open;
}

async function doing(what, words) {
  $("waiting").textContent = words;
  $("waiting").hidden = false;
  try {
    return await tell("wechat/act", { openid: $("who").value, ...what });
  } catch (error) {
    $("waiting").textContent = error.message;
    return null;
  } finally {
    $("waiting").hidden = true;
    await refresh();
  }
}

async function scanned(text) {
  $("scan").close();
  await doing({ press: scanning, scan: text }, "消息接收中");
}

$("who").addEventListener("change", async () => {
  await tell("wechat/state", { current: $("who").value });
  document.cookie = `wx_openid=${$("who").value};path=/;SameSite=Lax`;
  await refresh();
});
for (const swap of document.querySelectorAll("[data-swap]")) {
  swap.addEventListener("click", () => {
    $("menu").hidden = !$("menu").hidden;
    $("say").hidden = !$("say").hidden;
    if (!$("say").hidden) $("text").focus();
  });
}
$("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  $("text").value = "";
  if (text) await doing({ text }, "对方正在输入");
});
$("typed").addEventListener("submit", async (event) => {
  event.preventDefault();
  if ($("code").value.trim()) await scanned($("code").value.trim());
});
$("picture").addEventListener("change", () => {
  const reader = new FileReader();
  reader.addEventListener("load", async () => {
    $("picture").value = "";
    try {
      const { text } = await tell("wechat/read", { picture: reader.result });
      await scanned(text);
    } catch (error) {
      $("scan-no").textContent = error.message;
      $("scan-no").hidden = false;
    }
  });
  if ($("picture").files[0]) reader.readAsDataURL($("picture").files[0]);
});
new EventSource("/sandbox/live").addEventListener("message", (event) => {
  if (JSON.parse(event.data).includes("wechat")) refresh();
});
refresh();
