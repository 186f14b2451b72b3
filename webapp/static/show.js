// The sponsor's phone: a code that changes by the server's clock, who has come, and where the meeting is.
"use strict";

const show = document.getElementById("show");
const at = (id) => document.getElementById(id);
const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(18)), (one) => one.toString(16).padStart(2, "0")).join("");
const LOOK_MS = 4000;
let ends = 0, whole = 1;

function say(words, good = false) {
  at("told").hidden = !words;
  at("told").textContent = words;
  at("told").classList.toggle("no", !good);
}

function drawLegs(legs) {
  at("legs").replaceChildren(...legs.map((leg) => {
    const row = document.createElement("li"), name = document.createElement("b"), tag = document.createElement("span"), how = document.createElement("p");
    name.textContent = leg.unit;
    tag.textContent = leg.state;
    tag.className = `tag tone-${leg.tone}`;
    how.textContent = leg.check_in;
    row.append(name, tag, ...(leg.check_in ? [how] : []));
    return row;
  }));
}

async function look() {
  let pause = LOOK_MS;
  try {
    const answer = await fetch(show.dataset.code, { redirect: "manual", cache: "no-store", headers: { Accept: "application/json" } });
    if (answer.type === "opaqueredirect") return location.reload();
    const told = await answer.json();
    if (!answer.ok) { stop(told.sentence); return; }
    at("code").src = told.picture;
    at("code").hidden = false;
    at("wait").hidden = true;
    ends = performance.now() + told.left_ms;
    whole = Math.max(whole, told.left_ms);
    at("came").textContent = told.came;
    at("total").textContent = told.total;
    drawLegs(told.legs);
    say("");
    pause = Math.min(LOOK_MS, told.left_ms + 50);
  } catch {
    if (performance.now() > ends) { at("code").hidden = true; at("wait").hidden = false; at("wait").textContent = "没有网络，新的码取不到"; }
  }
  setTimeout(look, pause);
}

// Check-in is over: nothing is shown that could still be scanned.
function stop(words) {
  at("code").hidden = true;
  at("wait").hidden = false;
  at("wait").textContent = "不再显示签到码";
  say(words);
}

at("point").addEventListener("click", async (event) => {
  event.target.disabled = true;
  try {
    const spot = await whereAmI(show.dataset.config).catch(() => "");
    if (!spot) return say("没有读到位置，请在手机设置里允许定位后再试。");
    const body = new URLSearchParams({ csrf_token: show.dataset.csrf, token: fresh(), spot });
    const answer = await fetch(show.dataset.point, { method: "POST", body, headers: { Accept: "application/json" } });
    say((await answer.json()).sentence, answer.ok);
  } catch {
    say("现在没有网络，请稍后再试。");
  } finally { event.target.disabled = false; }
});

setInterval(() => { at("left").value = Math.max(0, (ends - performance.now()) / whole); }, 200);
look();
