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

// What is wrong with the connection, since when the numbers stand still, and what helps where waiting does not.
function trouble(kind) {
  const said = at("trouble"), gone = kind === "out" || kind === "shut";
  if (kind === "") { heard = Screen.moment(); said.hidden = true; document.body.classList.remove("old"); return; }
  if (kind === "out" && setup.inside && !sheet.open) return location.reload(); // the app signs in by itself and leads back here
  const since = Screen.since(heard);
  said.hidden = false;
  if (gone) {
    const link = Panels.el("a", "", kind === "out" ? "重新登录" : "看全部专题");
    link.href = kind === "out" ? location.pathname : `${setup.pocket}topics`;
    said.replaceChildren(`${kind === "out" ? "登录已过期" : "您现在的岗位不能看这个专题"}，显示的是 ${since} 的数据。`, link);
  } else said.textContent = `${navigator.onLine ? "平台暂时没有回应" : "没有网络"}，显示的是 ${since} 的数据，恢复后自动更新。`;
  document.body.classList.toggle("old", gone || stands());
}

// Whether what is shown was heard too long ago to pass for what is.
const stands = () => Screen.moment() - heard > 3 * POLL_MS;

document.addEventListener("click", (event) => {
  const head = event.target.closest(".panel-head"), panel = head && picture.panels[head.closest(".panel").dataset.place];
  if (panel && panel.opens && !event.target.closest("select") && setup.topics.some((one) => one.name === panel.opens)) location.href = `${setup.pocket}${panel.opens}`;
  else Screen.touched(event.target, picture);
});

// A page in a pocket asks nothing; taken out again, it asks at once.
function begin() {
  unfollow();
  document.body.classList.toggle("old", stands());
  unfollow = Screen.follow({ topic: setup.topic, etag: picture ? "" : setup.etag, every: POLL_MS, shown: show, trouble });
}
document.addEventListener("visibilitychange", () => { if (document.hidden) unfollow(); else begin(); });

// 返回 puts away an open sheet; without one it leads to where one came from.
const sheet = at("sheet"), covered = () => Boolean(history.state && history.state.sheet);
sheet.addEventListener("opened", () => history.pushState({ sheet: true }, ""));
sheet.addEventListener("close", () => { if (covered()) history.back(); });
addEventListener("popstate", () => { if (sheet.open && !covered()) sheet.close(); });
if (covered()) history.back(); // come back from where a sheet had led: the sheet is gone, and its step with it

let width = innerWidth, resizes = 0;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; clearTimeout(resizes); resizes = setTimeout(Panels.resize, 150); } });
begin();
show(setup.picture);
