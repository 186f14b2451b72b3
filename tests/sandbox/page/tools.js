// The drawer beside the phones: raw frames of each click, fault switches, the meter and warnings.

import { ask, h, tell } from "./kit.js";

const KEPT = 400;
const TABS = [["frames", "报文"], ["sources", "数据来源"], ["faults", "故障"], ["meter", "用量"], ["warnings", "提醒"]];
const TOPICS = {
  "/v1.0/card/instances/callback": "点击回调", "/v1.0/im/bot/messages/get": "聊天消息", "*": "组织事件",
  ping: "心跳", disconnect: "通知断开", ack: "应答", connect: "连接", closed: "断开",
};
const ARROWS = { down: "↓", up: "↑", rest: "⇄" };

export class Tools {
  constructor(box) {
    this.box = box;
    this.forget();
    this.tab = "frames";
    this.tabs = h("div", { class: "tabs", role: "tablist" }, TABS.map(([key, title]) => h("button", {
      type: "button", role: "tab", "data-tab": key, "aria-selected": String(key === this.tab), onclick: () => this.show(key) }, title)));
    this.body = h("div", { class: "tool-body dark" });
    box.append(this.tabs, this.body);
  }

  get open() { return !this.box.hidden; }

  toggle(open = !this.open) {
    this.box.hidden = !open;
    document.body.classList.toggle("with-tools", open);
    if (open) this.show(this.tab);
  }

  show(tab) {
    this.tab = tab;
    for (const one of this.tabs.children) one.setAttribute("aria-selected", String(one.dataset.tab === tab));
    this.body.className = tab in this.seen ? "tool-body dark" : "tool-body";
    this.body.replaceChildren();
    this.refresh(tab);
  }

  restart() { this.forget(); this.refresh(this.tab); }

  forget() { this.seen = { frames: { frames: [], last: 0 }, sources: { frames: [], last: 0 } }; }

  async refresh(topic) {
    if (!this.open) return;
    if (topic === "frames" && this.tab === "sources") await this.draw_sources();
    else if (topic === this.tab) await this[`draw_${topic}`]();
  }

  focus(messageId) {
    this.focused = messageId;
    if (this.open && this.tab === "frames") this.refresh("frames");
  }

  // Feeds are fetched all the time: in one list with the taps they would wash them away.
  async draw_frames() { await this.draw_seen("frames", "在手机上点一下或说一句，来往的原文就出现在这里。"); }

  async draw_sources() { await this.draw_seen("sources", "程序向外部系统取数或上报时，来往的原文就出现在这里。"); }

  async draw_seen(tab, empty) {
    const seen = this.seen[tab];
    const fresh = await ask(`frames?sources=${Number(tab === "sources")}&since=${seen.last}&limit=${KEPT}`);
    if (this.tab !== tab || (fresh.length && fresh[0].seq <= seen.last)) return;
    seen.last = fresh.length ? fresh[fresh.length - 1].seq : seen.last;
    seen.frames = [...seen.frames, ...fresh].slice(-KEPT);
    const groups = new Map();
    for (const frame of seen.frames) {
      if (["ping"].includes(frame.kind) || (frame.messageId || "").startsWith("s-")) continue;
      const key = frame.messageId || `#${frame.seq}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(frame);
    }
    const opened = new Set([...this.body.querySelectorAll("details[open]")].map((one) => one.dataset.seq));
    const nodes = [...groups.entries()].reverse().slice(0, 120).map(([key, frames]) => h("section", { class: key === this.focused ? "trace focused" : "trace" },
      frames.map((frame) => row(frame, opened.has(String(frame.seq)) || (key === this.focused && this.focusedDone !== key)))));
    this.focusedDone = this.focused;
    this.body.replaceChildren(...(nodes.length ? nodes : [h("p", { class: "empty" }, empty)]));
  }

  async draw_faults() {
    const told = await ask("faults");
    const clear = h("button", { type: "button", class: "quiet", onclick: () => this.fault({ clear: true }) }, "全部恢复正常");
    const on = Object.keys(told.on).length;
    const rows = told.switches.map((one) => (one.moment ? this.momentRow(one) : this.switchRow(one)));
    this.body.replaceChildren(h("div", { class: "fault-head" }, h("p", {}, on ? `${on} 个开关已打开` : "一切正常"), clear), h("ul", { class: "faults" }, rows));
  }

  momentRow(one) {
    const code = one.name === "close" ? h("select", { "aria-label": "关闭码" }, ["1011", "1000", "1001"].map((value) => h("option", { value }, value))) : null;
    const go = () => this.fault({ [one.name]: code ? Number(code.value) : true });
    return h("li", {}, h("span", { class: "fault-title" }, one.title), code, h("button", { type: "button", class: "quiet", onclick: go }, "现在发生"), h("p", { class: "hint" }, one.hint));
  }

  switchRow(one) {
    const shown = one.value ?? one.example;
    const detail = shown === true || one.value === null ? null : h("input", { type: "text", class: "mono", "aria-label": `${one.title}的参数`, spellcheck: false });
    if (detail) detail.value = JSON.stringify(shown);
    const toggle = h("input", { type: "checkbox", class: "switch", checked: one.value !== null, "aria-label": one.title });
    const set = () => this.fault({ [one.name]: toggle.checked ? parsed(detail, one.example) : null });
    toggle.addEventListener("change", set);
    detail?.addEventListener("change", () => toggle.checked && set());
    return h("li", { class: one.value !== null ? "on" : "" }, h("span", { class: "fault-title" }, one.title), toggle, h("p", { class: "hint" }, one.hint), detail);
  }

  async fault(body) { await tell("faults", body); await this.draw_faults(); }

  async draw_meter() {
    const told = await ask("meter");
    const rows = Object.entries(told.api).sort((a, b) => b[1] - a[1]).map(([api, count]) => h("tr", {}, h("td", { class: "mono" }, api), h("td", { class: "num" }, count.toLocaleString())));
    const limit = (name, title) => {
      const input = h("input", { type: "number", min: "0", value: String(told[name]), onchange: () => tell("meter", { [name]: Number(input.value) }) });
      return h("label", { class: "limit" }, title, input);
    };
    const [year, month] = told.month.split("-");
    this.body.replaceChildren(
      h("p", { class: "sum" }, `${year}年${Number(month)}月：计费调用 ${told.counted.toLocaleString()} 次，流消息 ${told.stream.toLocaleString()} 条`),
      h("div", { class: "limits" }, limit("quota_api", "每月调用上限"), limit("quota_stream", "每月消息上限"), limit("qps", "每秒上限")),
      h("p", { class: "hint" }, "填 0 表示不限。超过以后，接口会按钉钉的样子拒绝。"),
      rows.length ? h("table", { class: "calls" }, rows) : h("p", { class: "empty" }, "本月还没有调用。"),
      h("button", { type: "button", class: "quiet", onclick: async () => { await tell("meter", { reset: true }); this.draw_meter(); } }, "清零"));
  }

  async draw_warnings() {
    const told = await ask("warnings");
    const rows = told.slice(-200).reverse().map((one) => h("li", {}, h("b", {}, one.text), h("code", {}, facts(one))));
    this.body.replaceChildren(rows.length ? h("ul", { class: "warned" }, rows) : h("p", { class: "empty" }, "没有违规或超时。程序做错了什么，会记在这里。"));
  }
}

function parsed(detail, example) {
  if (!detail) return true;
  try { return JSON.parse(detail.value); } catch { return example; }
}

function facts(one) {
  return Object.entries(one).filter(([key]) => !["at", "kind", "text"].includes(key)).map(([key, value]) => `${key} ${value}`).join(" · ");
}

function row(frame, open) {
  const title = TOPICS[frame.kind] || frame.kind;
  const latency = frame.latency_ms === null ? "" : `${frame.latency_ms < 10 ? frame.latency_ms.toFixed(1) : Math.round(frame.latency_ms)} 毫秒`;
  const late = frame.latency_ms > 2000 || frame.status >= 400 || frame.note;
  const body = frame.direction === "rest" ? { 请求: frame.body, 回答: frame.answer } : readable(frame.body);
  const details = h("details", { "data-seq": String(frame.seq), class: frame.direction },
    h("summary", {}, h("i", {}, ARROWS[frame.direction] || ""), h("span", { class: "kind" }, title),
      h("span", { class: late ? "late" : "" }, [frame.note, frame.status ? String(frame.status) : "", latency].filter(Boolean).join(" · "))));
  const fill = () => { if (details.open && details.childElementCount === 1) details.append(h("pre", {}, JSON.stringify(body, null, 2))); };
  details.addEventListener("toggle", fill);
  details.open = open;
  return details;
}

// JSON texts inside JSON are opened up, so that a reader sees one structure.
function readable(value) {
  if (typeof value === "string" && /^[[{]/.test(value)) {
    try { return readable(JSON.parse(value)); } catch { return value; }
  }
  if (Array.isArray(value)) return value.map(readable);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readable(one)]));
  return value;
}
