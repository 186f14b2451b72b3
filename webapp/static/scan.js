// WeChat's scanner in our pages. WeChat opens it only for a page our server vouched for; what it read goes to our
// server, which alone says what it is. Without it the page names the menu of the account.
"use strict";

const scan = document.getElementById("scan");

function shown(is) {
  scan.hidden = !is;
  document.getElementById("scan-menu").hidden = is;
}

let refused = false, doubted = false;

// WeChat calls `ready` after a refusal too, so only what was not refused opens the scanner.
async function vouched() {
  const query = new URLSearchParams({ url: location.href.split("#")[0], ...(doubted && { again: "1" }) });
  const answer = await fetch(`${scan.dataset.config}?${query}`, { cache: "no-store" });
  if (!answer.ok) throw new Error("not vouched for");
  const told = await answer.json();
  refused = false;
  wx.config({ debug: false, ...told, jsApiList: ["checkJsApi", "scanQRCode"] });
}

// A signature that WeChat refused is asked for anew, once: the ticket behind it may be over.
function listen() {
  wx.error((fault) => {
    refused = true;
    shown(false);
    if (doubted || !/signature/.test(fault.errMsg || "")) return;
    doubted = true;
    vouched().catch(() => {});
  });
  wx.ready(() => {
    if (!refused) wx.checkJsApi({ jsApiList: ["scanQRCode"], success: (found) => shown(found.checkResult?.scanQRCode !== false) });
  });
}

function said(missed) {
  document.getElementById("missed").hidden = !missed;
}

if (scan && window.wx) {
  scan.addEventListener("submit", (event) => {
    event.preventDefault();
    said(false);
    wx.scanQRCode({
      needResult: 1,
      scanType: ["qrCode", "barCode"],
      success: (found) => {
        scan.elements.words.value = found.resultStr || "";
        scan.submit();
      },
      fail: () => said(true),
    });
  });
  listen();
  vouched().catch(() => shown(false));
}
