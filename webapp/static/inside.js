// Inside DingTalk: ask it who opened the page, and hand its code in. Without an answer the person takes the other way.
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
  form.requestSubmit();
}

const waiting = setTimeout(failed, PATIENCE_MS);
if (window.dd && dd.requestAuthCode) {
  const asked = { corpId: form.dataset.corp, clientId: form.dataset.client, onSuccess: handIn, onFail: failed };
  dd.ready(() => dd.requestAuthCode({ ...asked, success: handIn, fail: failed }));
} else {
  failed();
}
