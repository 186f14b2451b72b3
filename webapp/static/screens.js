// What wall and phone share beyond drawing: asking for a topic, keeping the last good picture, and the sheet behind a number.
"use strict";

const Screen = (() => {
  const { el, LAMPS } = Panels;
  const setup = JSON.parse(document.getElementById("setup").textContent);
  const jitter = (ms) => ms * (0.8 + Math.random() * 0.4);
  const QUICK_MS = 2000, SLOW_MS = 30000, PATIENCE_MS = 15000;

  // The server's time, told with every answer: a machine's own clock may be wrong, and be set right while the page is shown.
  let drift = setup.now - Date.now();
  const moment = () => Date.now() + drift;
  const clock = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
  const date = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric" });

  // Since when: the time, and its day where that is not today.
  const since = (at) => (date.format(at) === date.format(moment()) ? "" : `${date.format(at)} `) + clock.format(at);

  // No answer is waited for longer than this. The web views of some apps know no AbortSignal.timeout.
  function patience() {
    const control = new AbortController();
    setTimeout(() => control.abort(), PATIENCE_MS);
    return control.signal;
  }

  // Asks again and again: at once what changed, 304 for what did not; slower while nobody answers, and never two at a time.
  function follow({ topic, etag, every, shown, trouble }) {
    let stopped = false, asking = false, timer = 0, failures = 0, print = etag;
    async function ask() {
      asking = true;
      let rest = every;
      try {
        const headers = print ? { "If-None-Match": `"${print}"`, Accept: "application/json" } : { Accept: "application/json" };
        const answer = await fetch(`${setup.data}${topic}.json`, { headers, redirect: "manual", cache: "no-store", signal: patience() });
        if (stopped) return;
        const told = Number(answer.headers.get("X-Now"));
        if (told) drift = told - Date.now();
        if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
          rest = SLOW_MS; // let in again, it goes on by itself
          trouble(answer.status === 403 ? "shut" : "out");
        } else {
          if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
          const version = answer.headers.get("X-Screen");
          if (version && version !== setup.version) {
            rest = SLOW_MS;
            await reload();
          } else if (answer.status === 200) {
            const picture = await answer.json();
            if (stopped) return;
            print = (answer.headers.get("ETag") || "").replace(/^W\/|"/g, "");
            shown(picture);
          }
          failures = 0;
          trouble("");
        }
      } catch {
        if (stopped) return;
        failures += 1;
        trouble("away");
      } finally {
        asking = false;
      }
      if (!stopped) timer = setTimeout(ask, jitter(failures ? Math.min(SLOW_MS, QUICK_MS * 2 ** (failures - 1)) : rest));
    }
    timer = setTimeout(ask, print ? jitter(every) : 0);
    const back = () => { if (asking) return; clearTimeout(timer); timer = setTimeout(ask, Math.random() * QUICK_MS); };
    addEventListener("online", back);
    return () => { stopped = true; clearTimeout(timer); removeEventListener("online", back); };
  }

  // Rows narrowed by state or kind: asked of the server, for the few on the screen are not all there are.
  function filters(made, panel, narrowed) {
    if (!panel.filters || !panel.filters.length) return;
    made.querySelector(".panel-filters").replaceChildren(...panel.filters.map((one) => {
      const select = el("select");
      select.name = one.name;
      select.setAttribute("aria-label", one.title);
      select.append(new Option(`全部${one.title}`, ""), ...one.choices.map((choice) => new Option(choice, choice)));
      select.value = (made.wanted || {})[one.name] || "";
      select.addEventListener("change", () => narrowed(made, panel));
      return select;
    }));
  }

  async function narrow(made, panel, topic, fill) {
    made.wanted = Object.fromEntries([...made.querySelectorAll(".panel-filters select")].map((one) => [one.name, one.value]));
    const query = new URLSearchParams(Object.entries(made.wanted).filter(([, told]) => told)), turn = (made.turn = (made.turn || 0) + 1);
    try {
      const answer = await fetch(`${setup.data}${topic}/rows/${made.dataset.place}.json?${query}`, { cache: "no-store", redirect: "manual", signal: patience() });
      if (!answer.ok) return;
      const { rows, marks } = await answer.json();
      if (turn !== made.turn) return; // another question was asked meanwhile
      fill({ ...panel, rows, marks, state: rows.length ? "ok" : "empty", note: "没有符合条件的" });
    } catch { /* what was shown stays */ }
  }

  // A page that answers is loaded anew; one that does not would leave a blank screen.
  async function reload() {
    try {
      const answer = await fetch(location.href, { cache: "no-store", redirect: "manual", signal: patience() });
      if (answer.ok) location.reload();
    } catch { /* the picture stays, and the next answer brings the question back */ }
  }

  // --- the sheet: what a number means, where it comes from, and what can be done about it ---

  const sheet = document.getElementById("sheet");

  function line(list, title, text) {
    if (!text) return;
    const row = el("div");
    row.append(el("dt", "", title), el("dd", "", text));
    list.append(row);
  }

  function every(seconds) {
    return seconds < 60 ? `每 ${seconds} 秒` : seconds < 3600 ? `每 ${Math.round(seconds / 60)} 分钟` : seconds < 86400 ? `每 ${Math.round(seconds / 3600)} 小时` : `每 ${Math.round(seconds / 86400)} 天`;
  }

  // What was tapped, on wall and phone alike: a number, one line of a panel, or a panel's head.
  function touched(target, picture) {
    const metric = target.closest("[data-metric]"), frame = target.closest(".panel"), line = target.closest("[data-row]");
    if (metric && picture.metrics[metric.dataset.metric]) return explain(picture.metrics[metric.dataset.metric]);
    if (line && frame && frame.told) return oneLine(picture.topic, frame, Number(line.dataset.row));
    if (frame && target.closest(".panel-head") && !target.closest("select")) return whole(picture.panels[frame.dataset.place], picture.metrics);
  }
  addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("li[data-metric], [data-row]")) event.target.click(); });

  // All the numbers of a panel, the gravest first; of a list, how old it is and whose.
  function whole(panel, metrics) {
    const order = ["red", "orange", "yellow"], grave = (one) => (order.indexOf(one.level) + order.length + 1) % (order.length + 1);
    const told = panel.metrics.map((name) => metrics[name]);
    if (told.length) return explain([...told].sort((a, b) => grave(a) - grave(b))[0], told);
    const head = el("header", "sheet-head"), list = el("dl", "sheet-lines");
    head.append(el("h2", "", panel.title));
    origin(list, panel);
    show([head, list, panel.marks && panel.marks.length ? el("p", "quiet", "点一行，看这一行，也可以从这里登记。") : null]);
  }

  function origin(list, panel) {
    line(list, "数据", panel.stale ? `${panel.as_of}，${panel.stale} 后没有新数据` : panel.as_of);
    line(list, "来源", panel.source);
    line(list, "说明", panel.demo ? "演示数据，真实数据接入后自动替换" : "");
  }

  function oneLine(topic, frame, place) {
    const panel = frame.told, row = panel.rows[place], head = el("header", "sheet-head"), list = el("dl", "sheet-lines");
    if (!row) return;
    head.append(el("h2", "", panel.columns ? panel.title : `${row.name} · ${panel.title}`));
    if (panel.columns) panel.columns.forEach((column, at) => line(list, column.title, row[at] === "—" ? "" : row[at]));
    else panel.heads.forEach((one, at) => line(list, one.title, row.texts[at] === "—" ? "—" : `${row.texts[at]} ${one.unit}`));
    origin(list, panel);
    const asked = { ...(panel.columns ? frame.wanted : {}), topic, panel: frame.dataset.place, row: panel.columns ? panel.marks[place] : row.name };
    show([head, list, acts(asked, "", false)]);
  }

  // What can be done about it; whoever may do neither is told who may.
  function acts(asked, opens, lit) {
    const box = el("div", "sheet-acts"), query = new URLSearchParams(Object.entries(asked).filter(([, told]) => told));
    if (setup.acts.case) box.append(link(`${setup.acts.case}?${query}`, "登记办件", lit ? "primary" : ""));
    if (setup.acts.joint) box.append(link(`${setup.acts.joint}?${query}`, "树党旗", ""));
    const may = box.children.length > 0 || setup.device;
    box.append(...behind(opens, "", ""));
    const made = el("div");
    made.append(...(may ? [] : [el("p", "quiet sheet-who", "登记办件和树党旗由承办单位和指挥中心办理，有异常请告诉指挥中心。")]), box);
    return made;
  }

  // Several numbers of one panel stand behind one tap, each a tap away.
  function beside(metric, family) {
    if (family.length < 2) return null;
    const made = el("nav", "sheet-beside");
    made.setAttribute("aria-label", "同一面板的指标");
    made.append(...family.map((one) => {
      const button = el("button", "", one.title);
      button.type = "button";
      if (one === metric) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => explain(one, family));
      return button;
    }));
    return made;
  }

  function explain(metric, family = []) {
    const head = el("header", "sheet-head"), list = el("dl", "sheet-lines");
    head.append(el("h2", "", metric.title));
    const told = el("p", `sheet-value level-${metric.level || "none"}`);
    told.append(el("b", "", metric.exact), el("span", "", metric.value === null ? metric.note : metric.unit));
    if (metric.level) told.append(el("em", `lamp ${metric.level}`, `${LAMPS[metric.level]}预警`));
    if (metric.demo) told.append(el("em", "demo", "演示数据"));
    head.append(told);
    line(list, "变化", metric.span ? `${metric.change}（${metric.span}）` : metric.change);
    line(list, "时间", metric.stale ? `${metric.as_of}，${metric.stale} 后没有新数据` : metric.as_of);
    line(list, "含义", metric.definition);
    line(list, "算法", metric.formula);
    line(list, "目标", metric.target_text ? `${metric.target_text}${metric.unit}` : "");
    line(list, "预警", Object.keys(LAMPS).filter((level) => level in metric.warn).map((level) => [level, metric.warn[level]]).map(([level, edge]) => `${LAMPS[level]} ${metric.good === "up" ? "≤" : "≥"} ${edge}${metric.unit}`).join("，"));
    line(list, "来源", `${metric.source}（${metric.owner}）`);
    line(list, "更新", every(metric.refresh));
    show([beside(metric, family), head, list, acts({ metric: metric.name }, metric.opens, Boolean(metric.level))]);
  }

  function link(address, words, kind) {
    const made = el("a", `button ${kind}`, words);
    made.href = address;
    return made;
  }

  // From a number to what is behind it, where this reader may open the page that lists it.
  function behind(opens, words, kind) {
    const [page, asked] = opens.split("?"), joint = page === "orders" || page === "joints";
    return opens && setup.acts[page] ? [link(`${setup.acts[page]}?${asked}`, words || (joint ? "看这些联办" : "看这些办件"), kind)] : [];
  }

  async function town(topic, name) {
    const head = el("header", "sheet-head"), list = el("dl", "sheet-lines town-lines");
    head.append(el("h2", "", name));
    show([head, el("p", "quiet", "正在取这个镇街的数。")]);
    try {
      const answer = await fetch(`${setup.data}${topic}/towns.json`, { cache: "no-store", redirect: "manual", signal: patience() });
      if (!answer.ok) throw new Error(String(answer.status));
      const rows = (await answer.json()).towns[name] || [];
      for (const row of rows) {
        const made = el("div"), told = el("dd");
        told.append(el("b", "", row.text), el("small", "", row.value === null ? "" : row.unit));
        if (row.value) told.append(...behind(row.opens, "看办件", "quiet-link"));
        made.append(el("dt", "", row.title), told);
        list.append(made);
      }
      show([head, rows.length ? list : el("p", "quiet", "这个专题没有按镇街分的数。"), rows.some((row) => row.value !== null) ? acts({ topic, town: name }, "", false) : null]);
    } catch {
      show([head, el("p", "quiet", "暂时取不到，请稍后再点一次。")]);
    }
  }

  let closes = 0;
  function show(parts) {
    const close = el("button", "sheet-close", "关闭");
    close.type = "button";
    close.addEventListener("click", () => sheet.close());
    const all = parts.filter(Boolean), head = all.find((one) => one.matches(".sheet-head"));
    head.tabIndex = -1;
    head.autofocus = true; // what was opened is its words, not the first of its buttons
    sheet.querySelector(".sheet-body").replaceChildren(...all, close);
    if (!sheet.open) { sheet.showModal(); sheet.dispatchEvent(new Event("opened")); }
    clearTimeout(closes);
    if (setup.returns) closes = setTimeout(() => sheet.close(), setup.returns);
  }
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });

  return { filters, narrow, setup, follow, reload, touched, town, jitter, moment, clock, since, patience };
})();
