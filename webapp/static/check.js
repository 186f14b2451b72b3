// Judges a code by its signature, here, with the public keys of this page; online it adds what the library says today.
"use strict";

const known = JSON.parse(document.getElementById("known").textContent);
const part = (id) => document.getElementById(id);
const LINK = /^https?:\/\/[^\s/]{1,100}\/v\/([A-Za-z0-9_-]{22})(?:\?(\d{1,200}))?$/;
const CODE = /^[A-Za-z0-9_-]{22}$/;
const PAYLOAD = /^(\d{3})(\d{6})(\d{6})(\d{155})$/;
const LONGEST_SIDE = 1600;
let asked = 0;

function read(text) {
  const told = text.replace(/\s+/g, "");
  const link = LINK.exec(told);
  if (link) return { code: link[1], payload: link[2] || "" };
  return CODE.test(told) ? { code: told, payload: "" } : null;
}

function judge({ code, payload }) {
  if (!payload || typeof sm2 === "undefined") return "bare";
  const told = PAYLOAD.exec(payload);
  if (!told || told[2] !== known.issuer) return "forged";
  const version = Number(told[1]);
  const point = known.keys[version];
  if (!point) return version > Math.max(...Object.keys(known.keys).map(Number)) ? "newer" : "forged";
  const signature = BigInt(told[4]).toString(16).padStart(128, "0");
  const message = `licence-code|${told[2]}|${Number(told[3])}|${version}|${code}`;
  const good = signature.length === 128 && sm2.doVerifySignature(message, signature, `04${point}`, { hash: true, userId: known.user });
  if (!good) return "forged";
  return known.revoked.includes(version) ? "revoked" : "genuine";
}

function show(told, today, facts) {
  part("verdict").hidden = false;
  part("verdict").className = `verdict ${told.tone}`;
  part("title").textContent = told.title;
  part("say").textContent = told.say;
  part("today").textContent = today;
  part("facts").replaceChildren(...facts.map(([label, value]) => {
    const row = document.createElement("div"), name = document.createElement("dt"), text = document.createElement("dd");
    name.textContent = label;
    text.textContent = value;
    row.append(name, text);
    return row;
  }));
  part("facts").hidden = !facts.length;
}

async function check(text) {
  const mine = ++asked, scan = read(text);
  if (!scan) return show(known.words.unreadable, "", []);
  const word = judge(scan);
  if (word === "forged") return show(known.words.forged, "", []);
  show(known.words[word], "正在联网看今天的状态", []);
  let told = null;
  try {
    const answer = await fetch(`/check/state/${scan.code}?${scan.payload}`, { headers: { Accept: "application/json" } });
    if (answer.status === 429) return mine === asked && show(known.words[word], "查得太频繁，请过一分钟再看今天的状态", []);
    if (answer.ok) told = await answer.json();
  } catch { /* no network: the signature alone speaks */ }
  if (mine !== asked) return;
  if (told) show(told, word === "genuine" && told.facts.length ? "码的签名已核对" : "", told.facts);
  else show(known.words[word], "现在没有联网，不知道证照今天是否有效", []);
}

async function found(source) {
  const seen = await new BarcodeDetector().detect(source);
  return seen.map((one) => one.rawValue).find((text) => read(text)) || (seen[0] && seen[0].rawValue);
}

async function smaller(file) {
  const whole = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(whole.width, whole.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(whole.width * scale);
  canvas.height = Math.round(whole.height * scale);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(whole, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
}

async function fromPicture(file) {
  const no = (say) => show({ title: "没有看清", tone: "gray", say }, "", []);
  try {
    const picture = await smaller(file);
    let text = "BarcodeDetector" in window ? await found(await createImageBitmap(picture)).catch(() => "") : "";
    if (!text) {
      const form = new FormData();
      form.append("picture", picture, "code.jpg");
      const token = document.querySelector("meta[name=csrf]").content;
      const answer = await fetch("/check/picture", { method: "POST", body: form, headers: { "X-CSRFToken": token, Accept: "application/json" } });
      const texts = answer.ok ? (await answer.json()).texts : [];
      text = texts.find((one) => read(one)) || texts[0];
    }
    if (text) { part("text").value = text; return check(text); }
    no("图片里没有找到码，请靠近些、对正了再拍一张");
  } catch {
    no(navigator.onLine ? "这张图片打不开，请换一张 JPG 或 PNG" : "这个浏览器读图片要联网，没有网时请粘贴码里的链接");
  }
}

async function fromCamera() {
  const view = part("view");
  try {
    view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return show({ title: "摄像头没有打开", tone: "gray", say: "请允许使用摄像头，或改用拍照、粘贴链接" }, "", []);
  }
  view.hidden = false;
  await view.play();
  const look = async () => {
    const text = await found(view).catch(() => "");
    if (!text) return setTimeout(look, 200);
    view.srcObject.getTracks().forEach((track) => track.stop());
    view.hidden = true;
    part("text").value = text;
    return check(text);
  };
  look();
}

function network() {
  part("net").textContent = navigator.onLine ? "" : "没有联网";
  part("net").className = `net ${navigator.onLine ? "" : "off"}`;
}

part("go").addEventListener("click", () => check(part("text").value));
part("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  check(part("text").value);
});
part("picture").addEventListener("change", (event) => {
  const [file] = event.target.files;
  event.target.value = ""; // the same picture may be chosen again
  if (file) fromPicture(file);
});
if ("BarcodeDetector" in window && navigator.mediaDevices) part("camera").hidden = false;
part("camera").addEventListener("click", fromCamera);
window.addEventListener("online", network);
window.addEventListener("offline", network);
network();
if (location.hash.length > 1) { part("text").value = decodeURIComponent(location.hash.slice(1)); check(part("text").value); }
// Served, not saved as a file: the browser keeps the page for where there is no network.
if (location.protocol.startsWith("http") && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/check/worker.js", { scope: "/check" }).catch(() => {});
}
