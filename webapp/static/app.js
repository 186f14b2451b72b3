// Small conveniences for hands and keyboards; every page works without them.
"use strict";

const one = (what, within = document) => within.querySelector(what);
const all = (what, within = document) => [...within.querySelectorAll(what)];
const rows = () => all(".rows .row");
const typing = (at) => at.matches("input:not([type=checkbox]), select, textarea");
const FIELDS = ".narrow, select, textarea, input:not([type=hidden])";

// One act, one submission: the button rests until the answer comes.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || "stays" in button.dataset) return; // a file comes, and the page stays
  setTimeout(() => {
    button.disabled = true;
    if (button.dataset.wait) button.textContent = button.dataset.wait;
  });
});

// A page that comes back from the browser's memory must not keep its buttons asleep.
addEventListener("pageshow", () => {
  for (const button of all("button[disabled]")) button.disabled = false;
});

// The bar at the thumb opens the form it names; a click elsewhere closes an open menu; the keys are explained on demand.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-opens]");
  if (link) open(link.hash.slice(1));
  for (const menu of all(".menu[open], .switch[open], .me[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (event.target.closest("[data-keys]")) one("#keys").showModal();
});

// A menu near the right edge opens to the left.
{
  const widest = 270;
  const turn = () => {
    for (const menu of all(".menu")) menu.classList.toggle("leftwards", menu.getBoundingClientRect().left + widest > innerWidth);
  };
  turn();
  addEventListener("resize", turn);
}

function open(id) {
  const move = document.getElementById(id);
  if (!move) return;
  const more = move.closest(".more");
  if (more) more.open = true;
  move.open = true;
  const first = one(FIELDS, move) || one("button", move);
  if (first) first.focus();
}

// A select of many units is narrowed by typing a part of a name; Enter takes the first that fits.
for (const select of all("select[data-many]")) {
  const input = document.createElement("input");
  Object.assign(input, { className: "narrow", placeholder: "输入几个字，查找单位", autocomplete: "off" });
  input.setAttribute("aria-label", "查找单位");
  select.before(input);
  const groups = [...select.children].map((child) => child.cloneNode(true));
  input.addEventListener("input", () => {
    const words = input.value.trim();
    const fits = (option) => !option.value || option.textContent.includes(words);
    const kept = groups.map((group) => {
      const copy = group.cloneNode(true);
      for (const option of all("option", copy)) if (!fits(option)) option.remove();
      return copy;
    });
    select.replaceChildren(...kept.filter((group) => group.matches("option") || group.children.length));
    const first = words && [...select.options].find((option) => option.value);
    select.value = first ? first.value : "";
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    const fields = all(FIELDS, input.form);
    (fields[fields.indexOf(select) + 1] || select).focus();
  });
}

// Several at once: how many are ticked, all of the page, a range with Shift.
const ticks = all('[name="chosen"]');
const count = () => { for (const told of all("[data-picked]")) told.textContent = ticks.filter((tick) => tick.checked).length; };
let last = null;
for (const tick of ticks) {
  tick.addEventListener("click", (event) => {
    if (event.shiftKey && last) {
      const [from, to] = [ticks.indexOf(last), ticks.indexOf(tick)].sort((a, b) => a - b);
      for (const between of ticks.slice(from, to + 1)) between.checked = tick.checked;
    }
    last = tick;
    count();
  });
}
const everyone = one("#pick-all");
if (everyone) everyone.addEventListener("change", () => { for (const tick of ticks) tick.checked = everyone.checked; count(); });
count();

// Desk keys; one("#keys") tells them to people.
const KEYS = {
  "/": () => { const search = one("#search"); if (search) { search.focus(); search.select(); } return search; },
  "?": () => { const keys = one("#keys"); if (keys) keys.showModal(); return keys; },
  d: act,
  n: () => follow('[rel="next"]'),
  p: () => follow('[rel="prev"]'),
  x: tickHere,
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const each of all("details[open]:is(.menu, .switch, .me, .move)")) each.open = false;
    if (typing(event.target)) event.target.blur();
    return;
  }
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
  const does = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (does && does()) event.preventDefault();
});

function step(by) {
  const every = rows();
  if (!every.length) return false;
  const here = every.findIndex((row) => row === document.activeElement || row.parentElement.contains(document.activeElement));
  const current = here >= 0 ? here : every.findIndex((row) => row.hasAttribute("aria-current"));
  every[Math.min(Math.max(current + by, 0), every.length - 1)].focus();
  return true;
}

function act() {
  const lead = one("#batch-lead");
  if (lead && ticks.some((tick) => tick.checked)) { (one(".batch .narrow") || lead).focus(); return true; }
  const dispatch = one('details[data-action="dispatch"]');
  if (dispatch) { open(dispatch.id); return true; }
  const button = one(".moves .button.primary");
  if (!button) return false;
  if (button.matches("summary")) open(button.parentElement.id); else button.focus();
  return true;
}

function follow(what) {
  const link = one(what);
  if (link) link.click();
  return link;
}

function tickHere() {
  const row = document.activeElement.closest(".rows li") || one(".rows li:has([aria-current])");
  const tick = row && one('[name="chosen"]', row);
  if (tick) tick.click();
  return tick;
}

// The case in hand stays in sight in a long list.
const current = one(".rows .row[aria-current]");
const list = current && current.closest(".list-body");
if (list && list.scrollHeight > list.clientHeight) list.scrollTop = current.offsetTop - list.clientHeight / 2;

// What a phone folds away, a desk has room for.
const desk = matchMedia("(width >= 1280px)");
const unfold = () => { for (const fold of all("[data-open-at-desk]")) fold.open = fold.open || desk.matches; };
desk.addEventListener("change", unfold);
unfold();

// On a phone the page one is at stays in sight in the rail.
const here = one(".rail > a[aria-current]");
if (here && here.parentElement.scrollWidth > here.parentElement.clientWidth) here.parentElement.scrollLeft = here.offsetLeft - 16;
