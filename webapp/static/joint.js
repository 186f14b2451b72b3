// While a flag is filled in: what is open at the place, whom the matter calls for; units found by a word, groups ticked
// at once, and the ones chosen in one line. The form works without it.
"use strict";

const look = document.getElementById("flag-look");
const flag = look && look.closest("form");
const ASKED = ["title", "matter", "place"];
let pause = 0;
let turn = 0;
let unfolded = null;

if (flag) {
  const search = document.getElementById("unit-search");
  for (const box of flag.querySelectorAll("[data-members]")) box.removeAttribute("name"); // its units are sent instead
  flag.addEventListener("input", (event) => {
    if (event.target === search) return narrow(search.value.trim());
    if (!ASKED.includes(event.target.name)) return;
    clearTimeout(pause);
    pause = setTimeout(ask, 600);
  });
  flag.addEventListener("change", (event) => {
    if (event.target.dataset.members) tick(event.target.dataset.members.split("、"), event.target.checked);
    else if (event.target.name === "unit") tick([event.target.value], event.target.checked);
  });
  search.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // the key belongs to the input method
    if (event.key === "Enter") {
      event.preventDefault(); // a search never raises the flag
      const found = shown();
      if (found.length === 1) tick([found[0].value], !found[0].checked);
    } else if (event.key === "Escape" && search.value) {
      event.preventDefault();
      search.value = "";
      narrow("");
    }
  });
  tell();
}

async function ask() {
  const body = new FormData();
  for (const name of [...ASKED, "csrf_token"]) body.append(name, flag.elements[name].value);
  for (const box of flag.querySelectorAll("input[name=unit]:checked")) body.append("unit", box.value);
  const mine = ++turn;
  try {
    const answer = await fetch(look.dataset.look, { method: "POST", body });
    if (mine !== turn || !answer.ok) return;
    const ticked = chosen(); // somebody may have ticked meanwhile
    look.innerHTML = await answer.text();
    for (const box of look.querySelectorAll("input[name=unit]")) box.checked = ticked.includes(box.value);
  } catch { /* nobody is shown a half answer */ }
}

function chosen() {
  return [...new Set([...flag.querySelectorAll("input[name=unit]:checked")].map((box) => box.value))];
}

function shown() {
  return [...flag.querySelectorAll(".joint-all label:not([hidden]) > input[name=unit]")];
}

function tick(units, on) {
  for (const box of flag.querySelectorAll("input[name=unit]")) if (units.includes(box.value)) box.checked = on;
  tell();
}

// The ones chosen, wherever they were ticked; a group is ticked while all of it is.
function tell() {
  const units = chosen();
  for (const box of flag.querySelectorAll("[data-members]")) {
    const members = box.dataset.members.split("、");
    const held = members.filter((unit) => units.includes(unit)).length;
    box.checked = held === members.length;
    box.indeterminate = held > 0 && held < members.length;
  }
  document.getElementById("unit-chosen").textContent = units.length ? `已选 ${units.length} 个：${units.join("、")}` : "";
}

function narrow(word) {
  unfolded ??= [...flag.querySelectorAll(".joint-all details[open]")]; // as they were before the first word
  for (const part of flag.querySelectorAll(".joint-all details")) {
    let found = 0;
    for (const label of part.querySelectorAll("label")) {
      label.hidden = Boolean(word) && !label.textContent.includes(word);
      found += label.hidden ? 0 : 1;
    }
    part.hidden = !found;
    part.open = word ? found > 0 : unfolded.includes(part);
  }
  if (!word) unfolded = null;
  const none = Boolean(word) && !shown().length;
  document.getElementById("unit-none").textContent = none ? `没有名称里带「${word}」的单位，换个字试试。` : "";
}
