// The phone: one topic as a column of cards, kept up to date while it is looked at.
"use strict";

const { setup } = Screen;
const at = (id) => document.getElementById(id);
const POLL_MS = setup.poll;
let picture = null, heard = Screen.moment(), unfollow = () => {};

const same = (a, b) => a && a.panels.length === b.panels.length && a.panels.every((panel, place) => panel.title === b.panels[place].title && panel.show === b.panels[place].show);

// Where the map is the page's only place for a number, the phone shows it as a list of towns under the picture.
function show(told) {
  const before = picture;
  if (!same(before, told)) {
    Panels.release();
    at("panels").replaceChildren(...told.panels.map((panel, place) => {
      const made = Panels.frame(panel, place);
      made.classList.add("card");
      return made;
    }));
  }
  picture = told;
  heard = Screen.moment();
  at("demo").hidden = !told.demo;
  lead();
  warnings();
  for (const made of document.querySelectorAll(".panel")) {
    const panel = told.panels[made.dataset.place];
    const counted = (from) => JSON.stringify([from.panels[made.dataset.place], panel.metrics.map((name) => from.metrics[name])]);
    if (before && counted(before) === counted(told)) continue;
    if (made.wanted && Object.values(made.wanted).some(Boolean)) { narrow(made, panel); continue; }
    Panels.fill(made, panel, told.metrics, { narrow: true, pick: (name) => Screen.town(told.topic, name) });
    Screen.filters(made, panel, narrow);
  }
  document.documentElement.dataset.drawn = told.topic;
}

function lead() {
  const metric = picture.metrics[picture.lead], box = at("lead");
  box.className = `card lead${metric.level ? ` level-${metric.level}` : ""}${metric.stale ? " stale" : ""}`;
  box.dataset.metric = metric.name;
  const told = Panels.el("span", "lead-told");
  told.append(...[metric.level ? Panels.el("b", `lamp ${metric.level}`, `${Panels.LAMPS[metric.level]}预警`) : null, metric.change ? Panels.el("span", `change ${metric.tone}`, metric.change) : null, metric.target_text ? Panels.el("span", "quiet", `目标 ${metric.target_text}${metric.unit}`) : null, metric.value === null ? Panels.el("span", "quiet", metric.note) : null].filter(Boolean));
  box.replaceChildren(Panels.el("span", "lead-title", metric.title), Panels.value(metric), told);
  at("as-of").textContent = metric.stale ? `${metric.stale} 后没有新数据` : metric.as_of;
}

function warnings() {
  at("warnings").replaceChildren(...picture.warnings.map((one) => {
    const made = Panels.el("button", `lamp ${one.level}`, `${Panels.LAMPS[one.level]} ${one.text}`);
    made.type = "button";
    made.dataset.metric = one.metric;
    return made;
  }));
}

function narrow(made, panel) {
  return Screen.narrow(made, panel, setup.topic, (told) => Panels.fill(made, told, picture.metrics, { narrow: true }));
}

function trouble(kind) {
  const said = at("trouble");
  if (kind === "") { heard = Screen.moment(); said.hidden = true; document.body.classList.remove("old"); return; }
  const since = Screen.clock.format(heard);
  said.hidden = false;
  said.textContent = kind === "out" ? "登录已过期，请重新打开这一页。" : `没有网络，显示的是 ${since} 的数据，恢复后自动更新。`;
  document.body.classList.toggle("old", kind === "out" || Screen.moment() - heard > 3 * POLL_MS);
}

document.addEventListener("click", (event) => {
  const head = event.target.closest(".panel-head"), panel = head && picture.panels[head.closest(".panel").dataset.place];
  if (panel && panel.opens && !event.target.closest("select") && setup.topics.some((one) => one.name === panel.opens)) location.href = `${setup.pocket}${panel.opens}`;
  else Screen.touched(event.target, picture);
});

// A page in a pocket asks nothing; taken out again, it asks at once.
function begin() {
  unfollow();
  unfollow = Screen.follow({ topic: setup.topic, etag: picture ? "" : setup.etag, every: POLL_MS, shown: show, trouble });
}
document.addEventListener("visibilitychange", () => { if (document.hidden) unfollow(); else begin(); });

let width = innerWidth, resizes = 0;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; clearTimeout(resizes); resizes = setTimeout(Panels.resize, 150); } });
begin();
show(setup.picture);
