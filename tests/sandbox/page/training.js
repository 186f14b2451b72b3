// 演练：挑一个场景和角色，看着要做什么、做到哪里，最后看小结。其他人由练习环境扮演。

import { ask, h, hour, tell } from "./kit.js";

const PACES = { 1: "从容（真实速度）", 6: "正常（一分钟当六分钟）", 20: "紧张（一分钟当二十分钟）" };

export class Training {
  // `open(userId)` puts a phone on the desk; `dialog` is the page's dialog.
  constructor(box, dialog, { open }) {
    this.box = box;
    this.dialog = dialog;
    this.open = open;
    this.shown = "";
    dialog.addEventListener("close", () => dialog.classList.remove("wide"));
  }

  async refresh() { this.take(await ask("training")); }

  take(told) {
    this.told = told;
    const run = told.run;
    if (run && !run.over) this.live = true;
    this.draw(run);
    if (run?.over && this.live) { this.live = false; this.summary(run); }
  }

  // --- 选场景 ---

  async choose() {
    this.told = await ask("training");
    const cards = this.told.scenarios.map((one) => this.scenario(one));
    this.dialog.replaceChildren(this.head("演练"), h("p", { class: "training-lead" }, "选一个场景，再选您演的人；其余的人会自己行动。"), h("div", { class: "training-scenarios" }, cards));
    this.dialog.classList.add("wide");
    this.dialog.showModal();
  }

  scenario(one) {
    const parts = one.parts.map((part, n) => h("label", { class: "training-part" },
      h("input", { type: "radio", name: `part-${one.name}`, value: part.name, checked: n === 0 }),
      h("span", {}, h("b", {}, `${part.name_of} `), h("small", {}, part.unit), h("span", { class: "goal" }, part.goal))));
    const pace = h("select", { "aria-label": "快慢" }, this.told.paces.map((value) => h("option", { value: String(value), selected: value === 6 }, PACES[value] || `${value} 倍`)));
    const start = h("button", { type: "button", class: "filled", onclick: () => this.start(one, section, pace, start) }, "开始");
    const section = h("section", { class: "training-scenario", "data-scenario": one.name },
      h("h3", {}, one.title, h("small", {}, `${one.orders} 起事 · ${one.people} 个人 · 最长 ${one.limit / 60} 小时（业务时间）`)),
      h("p", {}, one.about), h("div", { class: "training-parts", role: "radiogroup", "aria-label": "我来演" }, parts), h("div", { class: "training-start" }, pace, start));
    return section;
  }

  async start(one, section, pace, button) {
    button.disabled = true;
    const part = section.querySelector("input:checked").value;
    try {
      this.live = true;
      const told = await tell("training", { start: { scenario: one.name, part, pace: Number(pace.value) } });
      this.close();
      this.open(told.run.userId);
      this.take(told);
    } catch (error) {
      section.querySelector(".training-error")?.remove();
      section.append(h("p", { class: "training-error", role: "alert" }, error.message));
    } finally { button.disabled = false; }
  }

  // --- 进行中 ---

  draw(run) {
    this.box.hidden = !run || Boolean(run.over);
    document.body.classList.toggle("in-training", !this.box.hidden);
    if (this.box.hidden) return;
    const { mine } = run;
    const stop = h("button", { type: "button", class: "quiet", onclick: () => tell("training", { stop: true }).then((told) => this.take(told)) }, "结束演练");
    const pause = h("button", { type: "button", class: "quiet", onclick: () => tell("training", { pause: !run.paused }).then((told) => this.take(told)) }, run.paused ? "继续" : "暂停");
    const share = run.events ? Math.round((100 * run.completed) / run.events) : 0;
    const held = this.box.querySelector(".training-more")?.scrollTop || 0;
    this.box.replaceChildren(
      h("div", { class: "training-top" }, h("h2", {}, `演练 · ${run.title}`), h("span", { class: "training-who" }, `您是 ${run.name}，${run.unit}`), h("span", { class: "training-acts" }, pause, stop)),
      h("p", { class: "training-goal" }, run.goal),
      h("div", { class: "training-bar", role: "progressbar", "aria-valuenow": String(share), "aria-valuemin": "0", "aria-valuemax": "100", "aria-label": "办完的单子" }, fill(share)),
      h("p", { class: "training-sum" }, `已过 ${Math.floor(run.minutes)} 分钟 · 来了 ${run.happened}/${run.events} 起 · 办完 ${run.completed} 单 · 我做了 ${mine.done} 步`, mine.late ? h("em", {}, ` · 超时 ${mine.late} 步`) : ""),
      h("div", { class: "training-more" }, this.reports(run), this.open_tasks(run), this.log(run)));
    this.box.querySelector(".training-more").scrollTop = held;
  }

  reports(run) {
    if (!run.reports.length) return null;
    return h("section", {}, h("h3", {}, "现场报告，等您树旗"), h("ul", { class: "training-list" }, run.reports.map((one) => h("li", {}, h("details", {},
      h("summary", {}, h("b", {}, one.title), h("small", {}, `${hour(one.since)} 报来`)),
      h("dl", { class: "training-form" }, [["具体事项", "matter"], ["联办单位", "units"], ["报到时间", "meet_at"], ["报到地点", "place"]].map(([label, name]) => [h("dt", {}, label), h("dd", {}, one.form[name])])))))),
      h("p", { class: "hint" }, "在手机上对机器人说「树旗」，照着填。"));
  }

  open_tasks(run) {
    const rows = run.open.filter((one) => one.no).slice(0, 12).map((one) => h("li", { class: one.late ? "late" : "" },
      h("b", {}, one.duty), h("span", {}, one.order), h("small", {}, `尾号 ${one.no.slice(-6)} · 已等 ${Math.floor(one.minutes)} 分，要求 ${one.within} 分`)));
    return h("section", {}, h("h3", {}, "现在轮到您"), rows.length ? h("ul", { class: "training-list" }, rows) : h("p", { class: "hint" }, "没有等您的事。"));
  }

  log(run) {
    const rows = [...run.acts].reverse().map((one) => h("li", { class: one.mine ? "mine" : "" }, h("time", {}, hour(one.at)), h("span", {}, `${one.name} ${one.note}`), h("small", {}, `尾号 ${one.no.slice(-6)}`)));
    return h("section", {}, h("h3", {}, "刚刚发生"), rows.length ? h("ul", { class: "training-log" }, rows) : h("p", { class: "hint" }, "还没有人动手。"));
  }

  // --- 小结 ---

  summary(run) {
    const { mine } = run;
    const left = mine.owed - mine.done;
    const verdict = mine.owed === 0 ? "没有轮到您的事" : mine.late ? `超时 ${mine.late} 步` : left ? `还有 ${left} 步没做` : "件件按时";
    const late = run.late.map((one) => h("li", {}, h("b", {}, one.duty), h("span", {}, one.order), h("small", {}, `${one.done ? "用了" : "还没做，已等"} ${Math.floor(one.minutes)} 分，要求 ${one.within} 分${one.no ? ` · 尾号 ${one.no.slice(-6)}` : ""}`)));
    const people = run.people.map((one) => h("tr", { class: one.mine ? "mine" : "" }, h("td", {}, one.name, h("small", {}, one.unit)), h("td", { class: "num" }, String(one.did)), h("td", { class: "num" }, one.late ? h("em", {}, String(one.late)) : "0"), h("td", { class: "num" }, one.done ? `${one.mean}` : "—")));
    const each = run.each.map((one) => h("details", { class: "training-order" },
      h("summary", {}, h("b", {}, one.title), h("small", {}, `尾号 ${one.no.slice(-6)} · ${one.state || "已树旗"}`)),
      h("ol", { class: "training-log" }, one.acts.map((act) => h("li", { class: act.late ? "late" : "" }, h("time", {}, hour(act.at)), h("span", {}, `${act.name} ${act.note}`), act.late ? h("small", {}, "超时") : null)))));
    this.dialog.replaceChildren(this.head(`小结 · ${run.title}`), h("div", { class: "training-summary" },
      h("p", { class: mine.late || left ? "training-verdict late" : "training-verdict" }, verdict),
      h("p", { class: "training-sum" }, `${run.over}，历时 ${Math.floor(run.minutes)} 分钟；树旗 ${run.orders} 单，办完 ${run.completed} 单。轮到您 ${mine.owed} 步，做了 ${mine.done} 步，按时 ${mine.in_time} 步${mine.done ? `，平均 ${mine.mean} 分钟` : ""}。`),
      late.length ? h("section", {}, h("h3", {}, "晚了的"), h("ul", { class: "training-list" }, late)) : null,
      h("section", {}, h("h3", {}, "谁做了什么"), h("table", { class: "training-people" }, h("thead", {}, h("tr", {}, h("th", {}, "人"), h("th", { class: "num" }, "做了"), h("th", { class: "num" }, "超时"), h("th", { class: "num" }, "平均分钟"))), h("tbody", {}, people))),
      each.length ? h("section", {}, h("h3", {}, "每一单"), each) : null));
    this.dialog.classList.add("wide");
    if (!this.dialog.open) this.dialog.showModal();
  }

  head(title) {
    return h("div", { class: "sheet-head" }, h("h2", {}, title), h("button", { type: "button", class: "quiet", onclick: () => this.close() }, "关闭"));
  }

  close() { this.dialog.close(); }
}

function fill(share) {
  const bar = h("span", {});
  bar.style.width = `${share}%`;
  return bar;
}
