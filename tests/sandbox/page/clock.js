// The business clock: shows it, ticks it, moves it.

import { ask, dateField, h, moment, tell } from "./kit.js";

export class Clock {
  constructor(box) {
    this.face = h("strong", { class: "now" }, "…");
    this.note = h("small", {}, "业务时间");
    const { node, input } = dateField("datetime-local", { "aria-label": "定到哪一刻", placeholder: "选一个时间" });
    this.input = input;
    const button = (title, body) => h("button", { type: "button", class: "quiet", onclick: () => this.move(body) }, title);
    box.append(h("span", { class: "clock-face" }, this.note, this.face), h("span", { class: "clock-acts" },
      button("+30 分", { advance_s: 1800 }), button("+1 小时", { advance_s: 3600 }), button("到明天 9:00", { to: "tomorrow" }),
      button("到下个工作日", { to: "workday" }),
      h("span", { class: "set" }, node, h("button", { type: "button", class: "quiet", onclick: () => this.input.value && this.move({ set: this.input.value }) }, "定到")),
      button("回到现在", { reset: true })));
    setInterval(() => this.draw(), 1000);
  }

  async refresh() { this.take(await ask("clock")); }

  async move(body) { this.take(await tell("clock", body)); }

  take(told) {
    this.stopped = told.stopped;
    this.base = new Date(told.now).getTime() - (told.stopped ? 0 : performance.now());
    this.moved = Math.abs(told.offset_s) > 1;
    this.draw();
  }

  draw() {
    if (this.base === undefined) return;
    const now = new Date(this.base + (this.stopped ? 0 : performance.now()));
    this.face.textContent = moment(now.toISOString());
    this.note.textContent = this.stopped ? "业务时间（已停）" : this.moved ? "业务时间（已拨动）" : "业务时间";
  }
}
