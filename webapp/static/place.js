// Where the phone is, in WGS-84 degrees: asked of DingTalk inside DingTalk, else of the browser.
"use strict";

const PLACE_PATIENCE_MS = 10000;

function insideDingTalk() {
  return Boolean(window.dd && dd.env && dd.env.platform && dd.env.platform !== "notInDingTalk");
}

// Asks our server once to vouch for this page; DingTalk's place and scanner open only then.
let vouched = null;
function dingTalkReady(address) {
  if (!insideDingTalk()) return Promise.reject(new Error("outside DingTalk"));
  vouched ||= fetch(`${address}?url=${encodeURIComponent(location.href.split("#")[0])}`, { redirect: "manual" })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error("not vouched for"))))
    .then((told) => new Promise((done, failed) => {
      dd.ready(done);
      dd.error(failed);
      dd.config({ ...told, jsApiList: ["device.geolocation.get", "biz.util.scan", "getLocation", "scan"] });
    }))
    .catch((error) => { vouched = null; throw error; });
  return vouched;
}

function ofDingTalk() {
  return new Promise((done, failed) => {
    dd.getLocation({ targetAccuracy: 200, coordinate: 0, withReGeocode: false, useCache: false, success: done, fail: failed });
  });
}

function ofBrowser(patience) {
  return new Promise((done, failed) => {
    if (!navigator.geolocation) return failed(new Error("no place here"));
    const asked = { enableHighAccuracy: true, timeout: patience, maximumAge: 30000 };
    navigator.geolocation.getCurrentPosition((found) => done(found.coords), failed, asked);
  });
}

// "lat,lng,accuracy"; rejects when nobody can say.
async function whereAmI(config, patience = PLACE_PATIENCE_MS) {
  const late = new Promise((_, failed) => setTimeout(() => failed(new Error("too slow")), patience + 500));
  const asked = insideDingTalk() && dd.getLocation
    ? dingTalkReady(config).then(ofDingTalk).catch(() => ofBrowser(patience))
    : ofBrowser(patience);
  const { latitude, longitude, accuracy } = await Promise.race([asked, late]);
  const exact = Number.isFinite(Number(accuracy)) ? `,${Math.round(Number(accuracy))}` : "";
  return `${Number(latitude).toFixed(6)},${Number(longitude).toFixed(6)}${exact}`;
}
