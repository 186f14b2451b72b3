// While somebody registers: cases that may be the same matter. The form works without it.
"use strict";

const near = document.getElementById("near");
const form = near && near.closest("form");
const WATCHED = ["title", "content", "place", "town", "caller_phone"];
let waiting = 0;
let asked = 0;

if (form) form.addEventListener("input", (event) => {
  if (!WATCHED.includes(event.target.name)) return;
  clearTimeout(waiting);
  waiting = setTimeout(look, 600);
});

async function look() {
  const body = new FormData();
  for (const name of [...WATCHED, "csrf_token"]) body.append(name, form.elements[name].value);
  if (form.elements.title.value.trim().length < 2) return show([]);
  const mine = ++asked;
  try {
    const answer = await fetch(near.dataset.near, { method: "POST", body, headers: { Accept: "application/json" } });
    if (mine !== asked || !answer.ok) return;
    const found = await answer.json();
    show(found.found || []);
  } catch { /* nobody is shown a half answer */ }
}

function show(items) {
  const lines = items.slice(0, 5).map((item) => {
    const link = document.createElement("a");
    link.href = `/cases/${encodeURIComponent(item.no)}`;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = [`尾号 ${item.tail} ${item.title}`, item.place, item.state_title, (item.why || []).join("，")].filter(Boolean).join(" · ");
    const line = document.createElement("li");
    line.append(link);
    return line;
  });
  near.querySelector("ul").replaceChildren(...lines);
  near.hidden = !lines.length;
}
