// Small conveniences for hands and keyboards; every page works without them.
"use strict";

const rows = () => [...document.querySelectorAll(".rows .row")];
const typing = (at) => at.matches("input, select, textarea");

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
  for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
});

// The bar at the thumb opens the form it names.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-opens]");
  if (!link) return;
  open(link.hash.slice(1));
});

function open(id) {
  const move = document.getElementById(id);
  if (!move) return;
  const more = move.closest(".more");
  if (more) more.open = true;
  move.open = true;
  const first = move.querySelector("select, textarea, input:not([type=hidden])");
  if (first) first.focus();
}

// Desk keys: / search, up and down along the list, Enter opens, D dispatches.
document.addEventListener("keydown", (event) => {
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "/") {
    const search = document.getElementById("search");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  } else if (step && rows().length) {
    event.preventDefault();
    const all = rows();
    const here = all.indexOf(document.activeElement);
    const current = here >= 0 ? here : all.findIndex((row) => row.hasAttribute("aria-current"));
    all[Math.min(Math.max(current + step, 0), all.length - 1)].focus();
  } else if (event.key === "d" || event.key === "D") {
    const dispatch = document.querySelector('details[data-action="dispatch"]');
    if (dispatch) { event.preventDefault(); open(dispatch.id); }
  }
});

// The case in hand stays in sight in a long list.
const current = document.querySelector(".rows .row[aria-current]");
const list = current && current.closest(".list");
if (list && list.scrollHeight > list.clientHeight) list.scrollTop = current.offsetTop - list.clientHeight / 2;

// What a phone folds away, a desk has room for.
const desk = matchMedia("(width >= 1280px)");
const unfold = () => { for (const fold of document.querySelectorAll("[data-open-at-desk]")) fold.open = fold.open || desk.matches; };
desk.addEventListener("change", unfold);
unfold();
