// One person's phone: chat list, one open chat, input bar. It redraws only what changed.

import { avatar, ask, dayKey, h, hour, icon, moment, tell, when } from "./kit.js";
import { card } from "./card.js";
import { confirmIn, openForm } from "./form.js";
import { markdown, picture, target } from "./markdown.js";

const SHOWN = 80;
const SMS = "sms";
const GAP_MS = 5 * 60 * 1000;

export class Phone {
  constructor(user, { onClose, onFrames }) {
    this.user = user;
    this.onFrames = onFrames;
    this.chatId = "";
    this.data = null;
    this.smsSeen = 0;
    this.rows = new Map();
    this.busy = new Set();
    this.title = h("h2", {}, user.name);
    this.screen = h("div", { class: "screen" });
    this.frame = h("div", { class: "frame" }, this.screen);
    const about = [user.unit, user.title].filter(Boolean).join(" · ");
    this.node = h("section", { class: "phone", "data-user": user.userId, "aria-label": `${user.name}的手机` },
      h("header", { class: "owner" }, avatar(user.name), h("div", {}, this.title, h("p", {}, about)),
        h("button", { type: "button", class: "bare", "aria-label": `收起${user.name}的手机`, onclick: onClose }, icon("close"))),
      this.frame);
    this.node.addEventListener("click", (event) => this.follow(event));
  }

  // Everybody who asks while a load is under way waits for the next one.
  refresh() {
    this.again = Boolean(this.loading);
    this.loading ||= this.load();
    return this.loading;
  }

  async load() {
    try {
      do {
        this.again = false;
        this.data = await ask(`phone/${encodeURIComponent(this.user.userId)}?limit=${SHOWN}`);
        this.draw();
      } while (this.again);
    } catch (error) {
      this.screen.replaceChildren(h("p", { class: "empty" }, error.message));
    } finally { this.loading = null; }
  }

  get unread() { return this.data ? this.data.unread : 0; }

  draw() {
    if (this.chatId === SMS) { this.drawSms(); return; }
    const chat = this.data.chats.find((one) => one.id === this.chatId);
    if (!chat) { this.drawList(); return; }
    if (this.drawnChat !== chat.id) this.openChat(chat);
    this.drawMessages(chat);
    if (chat.unread && !document.hidden) tell("seen", { userId: this.user.userId, conversationId: chat.id }).catch(() => {});
  }

  drawList() {
    this.drawnChat = "";
    const rows = this.data.chats.map((chat) => h("li", {}, h("button", { type: "button", class: "chat-row", onclick: () => this.enter(chat.id) },
      chat.kind === "group" ? h("span", { class: "avatar group" }, icon("people")) : avatar("", true),
      h("span", { class: "chat-text" }, h("span", { class: "chat-top" }, h("b", {}, chat.title), h("time", {}, when(chat.at, this.data.now))),
        h("span", { class: "chat-last" }, h("span", {}, chat.last || "还没有消息"),
          chat.unread ? h("em", { class: "badge", "aria-label": `${chat.unread} 条未读` }, chat.unread > 99 ? "99+" : String(chat.unread)) : null)))));
    if (this.data.sms.length) rows.push(h("li", {}, this.smsRow()));
    const start = h("button", { type: "button", class: "act primary", onclick: () => this.start() }, "和机器人说话");
    const empty = h("div", { class: "empty" }, h("p", {}, "还没有消息。有新的办件或通知时，会出现在这里。"), start);
    const scan = h("button", { type: "button", class: "scan", onclick: () => this.scan() }, "扫一扫");
    this.screen.replaceChildren(h("div", { class: "top" }, h("span", { class: "top-title" }, "消息"), scan),
      rows.length ? h("ul", { class: "chats" }, rows) : empty);
  }

  smsRow() {
    const last = this.data.sms[this.data.sms.length - 1];
    const fresh = this.data.sms.length - this.smsSeen;
    return h("button", { type: "button", class: "chat-row", "data-sms": "", onclick: () => this.enter(SMS) },
      h("span", { class: "avatar sms" }, "短信"),
      h("span", { class: "chat-text" }, h("span", { class: "chat-top" }, h("b", {}, "手机短信"), h("time", {}, when(last.at, this.data.now))),
        h("span", { class: "chat-last" }, h("span", {}, last.text),
          fresh > 0 ? h("em", { class: "badge", "aria-label": `${fresh} 条未读` }, fresh > 99 ? "99+" : String(fresh)) : null)));
  }

  drawSms() {
    this.drawnChat = SMS;
    this.smsSeen = this.data.sms.length;
    const back = h("button", { type: "button", class: "bare", "aria-label": "返回消息列表", onclick: () => this.leave() }, icon("back"));
    const lines = this.data.sms.map((one) => h("div", { class: "line" }, h("time", { class: "gap" }, dayKey(one.at) === dayKey(this.data.now) ? hour(one.at) : moment(one.at)),
      h("div", { class: "said" }, h("div", { class: "said-body" }, h("p", { class: "bubble" }, one.text)))));
    const list = h("div", { class: "talk", role: "log", tabIndex: 0 }, lines.length ? lines : h("p", { class: "empty" }, "还没有短信。"));
    this.screen.replaceChildren(h("div", { class: "top chat-top-bar" }, back, h("span", { class: "top-title" }, "手机短信", h("small", {}, this.user.mobile || "没有登记号码"))), list);
    requestAnimationFrame(() => { list.scrollTop = list.scrollHeight; });
  }

  async start() {
    await tell("say", { userId: this.user.userId, text: "你好" }).catch((error) => this.toast(error.message));
    await this.refresh();
    if (this.data.chats.length) this.enter(this.data.chats[0].id);
  }

  enter(id) { this.chatId = id; this.draw(); }

  leave() { this.chatId = ""; this.draw(); }

  openChat(chat) {
    this.drawnChat = chat.id;
    this.rows.clear();
    this.list = h("div", { class: "talk", role: "log", tabIndex: 0 });
    const words = h("textarea", { rows: 1, class: "words", placeholder: chat.kind === "group" ? "@机器人，说点什么" : "说点什么，例如：待办", "aria-label": "输入消息" });
    const send = h("button", { type: "submit", class: "send" }, "发送");
    const file = h("input", { type: "file", accept: "image/*", hidden: true, onchange: () => this.sendPicture(file, chat) });
    const bar = h("form", { class: "speak" },
      h("button", { type: "button", class: "bare", "aria-label": "发图片", onclick: () => file.click() }, icon("picture")), file, words, send);
    words.addEventListener("input", () => { words.style.height = "auto"; words.style.height = `${Math.min(words.scrollHeight, 96)}px`; });
    words.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); bar.requestSubmit(); } });
    bar.addEventListener("submit", (event) => { event.preventDefault(); this.speak(words, chat); });
    const back = h("button", { type: "button", class: "bare", "aria-label": "返回消息列表", onclick: () => this.leave() }, icon("back"));
    const count = chat.kind === "group" ? h("small", {}, `${chat.members.length} 人`) : h("small", {}, "机器人");
    this.pins = h("div", { class: "pins" });
    this.screen.replaceChildren(h("div", { class: "top chat-top-bar" }, back, h("span", { class: "top-title" }, chat.title, count)), this.pins, this.list, bar);
  }

  drawMessages(chat) {
    const stuck = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 80 || !this.rows.size;
    const fresh = new Map();
    let before = null;
    for (const message of chat.messages) {
      const gap = !before || new Date(message.at) - new Date(before) > GAP_MS || dayKey(before) !== dayKey(message.at);
      before = message.at;
      const text = JSON.stringify([message, gap]);
      const held = this.rows.get(message.id);
      fresh.set(message.id, held && held.text === text ? held : { text, node: this.row(message, gap, chat, held) });
    }
    this.rows = fresh;
    const nodes = [...fresh.values()].map((one) => one.node);
    if (nodes.length !== this.list.childNodes.length || nodes.some((node, n) => this.list.childNodes[n] !== node)) this.list.replaceChildren(...nodes);
    this.pins.replaceChildren(...chat.pinned.map((face) => card(face, (...click) => this.press(face, ...click))));
    if (stuck) requestAnimationFrame(() => { this.list.scrollTop = this.list.scrollHeight; });
  }

  row(message, gap, chat, held) {
    const time = gap ? h("time", { class: "gap" }, dayKey(message.at) === dayKey(this.data.now) ? hour(message.at) : moment(message.at)) : null;
    const line = { class: "line", "data-message": message.id };
    if (message.recalled) return h("div", line, time, h("p", { class: "recalled" }, `${message.mine ? "您" : message.name}撤回了一条消息`));
    const body = this.body(message);
    const open = held && held.node.querySelector("details[open]");
    if (open) body.querySelector("details")?.setAttribute("open", "");
    const name = chat.kind === "group" && !message.mine ? h("span", { class: "name" }, message.name) : null;
    const face = avatar(message.mine ? this.user.name : message.name, message.from === "robot");
    return h("div", line, time, h("div", { class: message.mine ? "said mine" : "said" }, face, h("div", { class: "said-body" }, name, body)));
  }

  body(message) {
    const content = message.content;
    const kinds = {
      card: () => card(message.card, (...click) => this.press(message.card, ...click)),
      text: () => h("p", { class: "bubble" }, (content.at || []).length && !message.mine ? h("span", { class: "at" }, `@${this.user.name} `) : null, content.content || ""),
      image: () => h("img", { class: "shot", alt: "图片", src: picture(content.photoURL) }),
      markdown: () => h("div", { class: "bubble" }, markdown(content.text || "")),
      ding: () => h("div", { class: "bubble ding" }, h("b", {}, "DING"), h("p", {}, content.content)),
      link: () => h("a", { class: "bubble linked", href: content.messageUrl, "data-open": true }, h("b", {}, content.title), h("p", {}, content.text)),
      actionCard: () => actionCard(content),
      file: () => h("p", { class: "bubble" }, `文件：${content.fileName || ""}`),
    };
    return kinds[message.kind] ? kinds[message.kind]() : h("p", { class: "bubble" }, `[${message.kind}]`);
  }

  press(face, button, action, { form, params, title, confirm, style }) {
    if (this.busy.has(face.outTrackId)) return;
    const click = { userId: this.user.userId, outTrackId: face.outTrackId, action };
    if (params) click.params = params;
    if (form) { openForm(this.frame, title, form, style, (values) => this.click(face, button, { ...click, form: values })); return; }
    if (confirm) { confirmIn(this.frame, confirm, style, () => this.click(face, button, click)); return; }
    this.click(face, button, click);
  }

  async click(face, button, click) {
    const box = button.closest(".card");
    this.busy.add(face.outTrackId);
    box?.classList.add("waiting");
    button.classList.add("pressed");
    try {
      const told = await tell("click", click);
      if (!told.sent) this.toast("机器人没有连上，点击没有送到");
      else if (told.timeout) this.toast("网络有点慢，请稍后再点一次");
      else if (told.refused) this.toast("这次点击没有生效");
      this.onFrames(told.messageId);
    } catch (error) { this.toast(error.message); } finally {
      this.busy.delete(face.outTrackId);
      box?.classList.remove("waiting");
      button.classList.remove("pressed");
      this.refresh();
    }
  }

  async speak(words, chat) {
    const text = words.value.trim();
    if (!text) return;
    words.value = "";
    words.style.height = "auto";
    await this.say({ text }, chat);
  }

  async sendPicture(input, chat) {
    const [file] = input.files;
    if (!file) return;
    const reader = new FileReader();
    reader.onload = () => this.say({ picture: reader.result }, chat);
    reader.readAsDataURL(file);
    input.value = "";
  }

  async say(what, chat) {
    const group = chat.kind === "group" ? { groupId: chat.id } : { clientId: chat.clientId };
    const job = tell("say", { userId: this.user.userId, ...what, ...group });
    this.list.scrollTop = this.list.scrollHeight;
    try {
      const told = await job;
      if (!told.sent) this.toast("机器人没有连上，消息没有送到");
      this.onFrames(told.messageId);
    } catch (error) { this.toast(error.message); }
    await this.refresh();
    requestAnimationFrame(() => { this.list.scrollTop = this.list.scrollHeight; });
  }

  toast(text) {
    this.frame.querySelector(".toast")?.remove();
    const node = h("p", { class: "toast", role: "status" }, text);
    this.frame.append(node);
    setTimeout(() => node.remove(), 4000);
  }

  // The camera on whatever code another phone shows now; DingTalk opens the address it reads.
  async scan() {
    const shown = (await ask("screens").catch(() => [])).filter((one) => one.userId !== this.user.userId);
    if (shown.length) this.open(shown[0].text); else this.toast("没有看到别的手机在出示二维码");
  }

  open(address) {
    const url = target(address, this.user.userId);
    if (url) window.open(url, "_blank", "noopener"); else this.toast("这个链接要在钉钉里打开");
  }

  follow(event) {
    const link = event.target.closest("a[data-open]");
    if (!link) return;
    event.preventDefault();
    this.open(link.getAttribute("href"));
  }
}

function actionCard(content) {
  const pairs = [["singleTitle", "singleURL"], ["buttonTitle1", "buttonUrl1"], ["buttonTitle2", "buttonUrl2"],
    ...[1, 2, 3, 4, 5].map((n) => [`actionTitle${n}`, `actionURL${n}`])];
  const links = pairs.filter(([title]) => content[title]).map(([title, url]) => h("a", { class: "act plain", href: content[url] || "#", "data-open": true }, content[title]));
  return h("article", { class: "card" }, h("header", { class: "card-head head-grey" }, h("h3", {}, content.title || "")),
    h("div", { class: "card-md" }, markdown(content.text || "")), h("div", { class: `card-buttons n${content.buttonTitle1 ? 2 : 1}` }, links));
}
