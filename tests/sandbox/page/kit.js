// Small helpers shared by every part of the page: elements, calls, times.

export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else if (key in node && typeof value !== "string") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const paths = {
    back: "M15 5l-7 7 7 7", close: "M6 6l12 12M18 6L6 18", down: "M6 9l6 6 6-6", right: "M9 6l6 6-6 6",
    picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01", send: "M5 12h14M13 6l6 6-6 6",
    lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3", people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-4 2.5-6 6-6s6 2 6 6M16 4.5a3.5 3.5 0 0 1 0 6.5M17.5 14.3c2.2.8 3.5 2.7 3.5 5.7",
  };
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

export async function ask(path) {
  return answered(await fetch(`/sandbox/${path}`));
}

export async function tell(path, body) {
  const headers = { "Content-Type": "application/json" };
  return answered(await fetch(`/sandbox/${path}`, { method: "POST", headers, body: JSON.stringify(body || {}) }));
}

async function answered(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.message || body.error || "练习环境没有回应");
  return body;
}

const ZONE = "Asia/Shanghai";
const DAY = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE });
const HOUR = new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const WEEK = new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, weekday: "short" });

export function hour(iso) { return HOUR.format(new Date(iso)); }
export function dayKey(iso) { return DAY.format(new Date(iso)); }

export function day(iso) {
  const [month, date] = dayKey(iso).split("-").slice(1).map(Number);
  return `${month}月${date}日`;
}

export function moment(iso) { return `${day(iso)} ${WEEK.format(new Date(iso))} ${hour(iso)}`; }

// A date field that reads the same in every browser: our words on top, the native picker underneath.
export function dateField(type, props) {
  const words = h("span", { class: "date-words" });
  const input = h("input", { ...props, type });
  const show = () => {
    words.textContent = input.value ? dateWords(type, input.value) : props.placeholder || "请选择";
    words.classList.toggle("unset", !input.value);
  };
  input.addEventListener("input", show);
  input.addEventListener("click", () => { try { input.showPicker(); } catch { input.focus(); } });
  show();
  return { node: h("span", { class: "date" }, words, input), input, show };
}

function dateWords(type, value) {
  if (type === "time") return value;
  const iso = `${value.length > 10 ? value : `${value}T00:00`}:00+08:00`;
  return type === "date" ? `${day(iso)} ${WEEK.format(new Date(iso))}` : moment(iso);
}

export function when(iso, now) {
  if (!iso) return "";
  if (dayKey(iso) === dayKey(now)) return hour(iso);
  const before = new Date(new Date(now).getTime() - 86400000).toISOString();
  return dayKey(iso) === dayKey(before) ? "昨天" : day(iso);
}

export function avatar(name, robot) {
  const hues = ["#1456C8", "#0C7F57", "#A36200", "#6B4FBB", "#0F7490", "#8A3B5C"];
  const sum = [...name].reduce((total, sign) => total + sign.codePointAt(0), 0);
  const box = h("span", { class: robot ? "avatar robot" : "avatar", "aria-hidden": "true" }, robot ? "助手" : name.slice(-2));
  if (!robot) box.style.background = hues[sum % hues.length];
  return box;
}
