// Inside DingTalk: ask it who opened the page, and hand its code in. Without an answer the person takes the other way.
// The way in takes the place of this page: 返回 from where one was going must not lead through the door once more.
"use strict";

const form = document.getElementById("inside");
const told = document.getElementById("inside-told");
const PATIENCE_MS = 8000;

function failed() {
  told.textContent = "钉钉没有回应，请用密码登录，或关掉页面重新打开。";
}

function handIn(answer) {
  const code = answer && (answer.code || answer.authCode);
  if (!code) return failed();
  clearTimeout(waiting);
  form.elements.code.value = code;
  enter().catch(failed);
}

// In: on to where one was going. Not yet, or not at all: the gate says so in this very place.
async function enter() {
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
  if (answer.type === "opaqueredirect") return location.replace(form.elements.next.value || "/");
  const gate = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  if (!gate) return failed();
  document.querySelector("main").replaceWith(gate);
}

const waiting = setTimeout(failed, PATIENCE_MS);
if (window.dd && dd.requestAuthCode) {
  const asked = { corpId: form.dataset.corp, clientId: form.dataset.client, onSuccess: handIn, onFail: failed };
  dd.ready(() => dd.requestAuthCode({ ...asked, success: handIn, fail: failed }));
} else {
  failed();
}
