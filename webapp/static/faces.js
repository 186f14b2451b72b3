// The designer of a face: the two layouts as tables, a preview after every change, parts moved by hand or by key.
"use strict";

(() => {
const desk = document.getElementById("designer");
const words = JSON.parse(desk.dataset.words);
const sides = { layout: JSON.parse(desk.dataset.layout), form: desk.dataset.form ? JSON.parse(desk.dataset.form) : null };
const save = desk.querySelector(".save");
const $ = (id) => document.getElementById(id);
const NEW = {
  text: { text: "文字", size: 5 }, field: { field: "holder", label: "持证单位", label_width: 30, width: 100, size: 5 },
  seal: { size: 42 }, code: { size: 24 }, line: { width: 100, thickness: 0.3 }, box: { width: 40, height: 30, thickness: 0.3 },
};
const FIELDS = {
  text: ["text", "x", "y", "size", "width", "lines", "spacing", "height", "font", "align", "colour", "bold"],
  field: ["field", "label", "x", "y", "size", "width", "label_width", "lines", "font", "align", "colour", "bold"],
  seal: ["x", "y", "size"], code: ["x", "y", "size"],
  line: ["x", "y", "width", "height", "thickness", "colour"], box: ["x", "y", "width", "height", "thickness", "colour"],
};
const LABELS = {
  text: "文字", field: "栏目", label: "标签", x: "左边距", y: "上边距", size: "大小", width: "宽", height: "高", lines: "行数",
  spacing: "字距", label_width: "标签宽", font: "字体", align: "对齐", colour: "颜色", bold: "加粗", thickness: "线宽",
};
const USUAL = { size: 4, width: 0, height: 0, lines: 1, spacing: 0, label_width: 0, thickness: 0.3, font: "serif", align: "left", colour: "#1D2129", bold: false, text: "", label: "" };
let side = "layout";
let chosen = -1;
let waiting = 0;
let asked = 0;

const layout = () => sides[side];
const value = (part, name) => part[name] ?? USUAL[name] ?? 0;
const tidy = (number) => Math.round(number * 100) / 100;

function element(tag, given = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, told] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), told);
    else if (told !== undefined) made.setAttribute(name, told);
  }
  made.append(...inside);
  return made;
}

function called(part) {
  if (part.kind === "text") return (part.text || "（空）").replace(/\{(\w+)\}/g, (slot, name) => words.fields[name] || slot);
  if (part.kind === "field") return part.label || words.fields[part.field];
  return `${part.x}, ${part.y} 毫米`;
}

// --- the parts ---

function showParts() {
  const parts = layout() ? layout().parts : [];
  $("parts").replaceChildren(...parts.map((part, place) => element("li", {}, element("button", {
    type: "button", "aria-pressed": String(place === chosen), onclick: () => choose(place),
  }, element("span", {}, words.kinds[part.kind]), called(part)))));
  showHandles();
}

function showHandles() {
  const made = layout();
  if (!made) return $("handles").replaceChildren();
  // for the pointer alone; by keyboard the parts are chosen in their list
  $("handles").replaceChildren(...made.parts.map((part, place) => {
    const handle = element("div", { class: place === chosen ? "handle chosen" : "handle", title: called(part) });
    put(handle, part);
    handle.addEventListener("pointerdown", (event) => take(event, place));
    return handle;
  }));
}

function put(handle, part) {
  const [wide, high] = layout().paper;
  const size = value(part, "size");
  const square = part.kind === "seal" || part.kind === "code";
  const across = square ? size : value(part, "width") || Math.max(size, (part.text || "").length * size);
  const down = square ? size : value(part, "height") || (part.kind === "line" ? 1 : size * (1 + (value(part, "lines") - 1) * 1.36));
  handle.style.left = `${part.x / wide * 100}%`;
  handle.style.top = `${part.y / high * 100}%`;
  handle.style.width = `${Math.min(across, wide - part.x) / wide * 100}%`;
  handle.style.height = `${Math.min(down, high - part.y) / high * 100}%`;
}

function choose(place) {
  chosen = place;
  showParts();
  showPart();
}

function showPart() {
  const part = layout() && layout().parts[chosen];
  $("part").hidden = !part;
  if (!part) return;
  const place = chosen;
  const boxes = FIELDS[part.kind].map((name) => box(`part-${name}`, LABELS[name], name, value(part, name), (told) => {
    part[name] = told;
    changed();
  }));
  $("part").replaceChildren(
    element("h3", {}, `${words.kinds[part.kind]}「${called(part)}」`), ...boxes.flat(),
    element("div", { class: "acts" },
      element("button", { type: "button", class: "button", onclick: () => twice(place) }, "再来一个"),
      element("button", { type: "button", class: "button danger", onclick: () => drop(place) }, "删除")));
}

function box(id, label, name, told, tell) {
  const whole = ["text", "field", "label"].includes(name) ? "whole" : undefined;
  const choices = { field: words.fields, font: words.fonts, align: words.aligns, style: words.frames }[name];
  let input;
  if (choices) {
    input = element("select", { id }, ...Object.entries(choices).map(([key, word]) => element("option", { value: key }, word)));
    input.value = told;
    input.addEventListener("change", () => tell(input.value));
  } else if (name === "bold") {
    input = element("input", { id, type: "checkbox" });
    input.checked = told === true;
    input.addEventListener("change", () => tell(input.checked));
    return [element("label", { class: "tick" }, input, element("span", {}, label))];
  } else if (name === "colour" || name === "ground") {
    input = element("input", { id, type: "color", value: told.toLowerCase() });
    input.addEventListener("input", () => tell(input.value.toUpperCase()));
  } else if (name === "text" || name === "label") {
    input = element("input", { id, maxlength: "300", autocomplete: "off" });
    input.value = told;
    input.addEventListener("input", () => tell(input.value));
  } else {
    input = element("input", { id, type: "number", step: name === "lines" ? "1" : "0.1", inputmode: "decimal" });
    input.value = told;
    input.addEventListener("input", () => { if (input.value !== "") tell(Number(input.value)); });
  }
  const hint = name === "text" ? element("p", { class: "hint" }, "用 {栏目} 引用内容，点下面插入：", ...slots(input)) : "";
  return [element("div", { class: whole }, element("label", { for: id }, label), input, hint)];
}

function slots(input) {
  const pick = element("select", { "aria-label": "插入栏目" }, element("option", { value: "" }, "插入栏目"),
    ...Object.entries(words.fields).map(([key, word]) => element("option", { value: key }, word)));
  pick.addEventListener("change", () => {
    if (!pick.value) return;
    input.value += `{${pick.value}}`;
    pick.value = "";
    input.dispatchEvent(new Event("input"));
  });
  return [pick];
}

function add(kind) {
  if (!layout()) sides.form = { paper: [...sides.layout.paper], parts: [] };
  const [wide, high] = layout().paper;
  layout().parts.push({ kind, x: tidy(wide / 4), y: tidy(high / 4), ...NEW[kind] });
  choose(layout().parts.length - 1);
  changed();
}

function twice(place) {
  const part = { ...layout().parts[place] };
  part.y = tidy(Math.min(part.y + 8, layout().paper[1] - 2));
  layout().parts.splice(place + 1, 0, part);
  choose(place + 1);
  changed();
}

function drop(place) {
  layout().parts.splice(place, 1);
  if (side === "form" && !layout().parts.length) sides.form = null;
  choose(-1);
  changed();
}

// --- moving ---

function take(event, place) {
  if (place !== chosen) choose(place);
  const part = layout().parts[place];
  const [wide, high] = layout().paper;
  const frame = $("paper").getBoundingClientRect();
  const from = { x: event.clientX, y: event.clientY, left: part.x, top: part.y };
  const snap = (number, most) => Math.min(Math.max(0, Math.round(number * 2) / 2), most);
  const move = (now) => {
    part.x = snap(from.left + (now.clientX - from.x) / frame.width * wide, wide);
    part.y = snap(from.top + (now.clientY - from.y) / frame.height * high, high);
    put($("handles").children[place], part);
  };
  const stop = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", stop);
    if (part.x !== from.left || part.y !== from.top) { showPart(); changed(); }
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", stop);
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [-0.5, 0], ArrowRight: [0.5, 0], ArrowUp: [0, -0.5], ArrowDown: [0, 0.5] }[event.key];
  const part = layout() && layout().parts[chosen];
  if (!step || !part || event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  part.x = tidy(Math.min(Math.max(0, part.x + step[0]), layout().paper[0]));
  part.y = tidy(Math.min(Math.max(0, part.y + step[1]), layout().paper[1]));
  showPart();
  changed();
});

// --- the paper ---

function showSheet() {
  const made = layout();
  if (!made) return $("sheet-form").replaceChildren(element("p", { class: "whole quiet" }, "先添加一个元素。"));
  const sized = [0, 1].map((at) => box(`paper-${at}`, at ? "纸高" : "纸宽", "paper", made.paper[at], (told) => { made.paper[at] = told; changed(); }));
  if (side === "form") return $("sheet-form").replaceChildren(...sized.flat());
  const frame = ["style", "inset", "colour"].map((name) => box(`frame-${name}`, { style: "边框", inset: "离纸边", colour: "边框颜色" }[name], name, made.frame[name], (told) => { made.frame[name] = told; changed(); }));
  const upload = element("input", { id: "background", type: "file", accept: "image/jpeg,image/png" });
  upload.addEventListener("change", () => bring(upload));
  const background = element("div", { class: "whole" }, element("label", { for: "background" }, made.picture ? "换一张底图" : "底图（JPG 或 PNG）"), upload);
  const off = made.picture ? element("button", { type: "button", class: "button whole", onclick: () => { made.picture = ""; showSheet(); changed(); } }, "去掉底图") : "";
  $("sheet-form").replaceChildren(...sized.flat(), box("ground", "底色", "ground", made.ground, (told) => { made.ground = told; changed(); })[0], ...frame.flat(), background, off);
}

async function bring(upload) {
  const body = new FormData();
  body.append("csrf_token", save.elements.csrf_token.value);
  body.append("picture", upload.files[0]);
  const answer = await fetch(desk.dataset.picture, { method: "POST", body });
  const told = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : {};
  if (!answer.ok) return trouble(told.message || "图片没有传上去，请换一张再试。");
  sides.layout.picture = told.picture;
  showSheet();
  changed();
}

// --- the preview ---

function trouble(sentence) {
  $("trouble").textContent = sentence;
  $("trouble").hidden = !sentence;
}

function changed() {
  save.elements.layout.value = JSON.stringify(sides.layout);
  save.elements.form.value = sides.form ? JSON.stringify(sides.form) : "";
  showParts();
  clearTimeout(waiting);
  $("paper").dataset.wanted = String(asked + 1);
  waiting = setTimeout(look, 250);
}

async function look() {
  const mine = ++asked;
  $("paper").dataset.wanted = String(mine);
  const body = new FormData();
  body.append("csrf_token", save.elements.csrf_token.value);
  body.append("layout", JSON.stringify(sides.layout));
  body.append("form", sides.form ? JSON.stringify(sides.form) : "");
  body.append("side", side);
  for (const name of ["many", "public"]) if ($(name).checked) body.append(name, "yes");
  $("paper").classList.add("waiting");
  try {
    const answer = await fetch(desk.dataset.preview, { method: "POST", body });
    if (mine !== asked) return;
    if (!answer.ok) {
      const told = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : {};
      trouble((told.message || "预览没有画出来，请稍后再试。").replace("版面没有保存：", ""));
      return;
    }
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      if (mine !== asked) return;
      $("preview").src = reader.result;
      $("preview").dataset.drawn = String(mine);
      trouble("");
    });
    reader.readAsDataURL(await answer.blob());
  } catch {
    if (mine === asked) trouble("网络不通，预览没有更新。");
  } finally {
    if (mine === asked) $("paper").classList.remove("waiting");
  }
}

for (const [kind, word] of Object.entries(words.kinds)) {
  $("adding").append(element("button", { type: "button", class: "button", "data-kind": kind, onclick: () => add(kind) }, `添加${word}`));
}
for (const chip of desk.querySelectorAll("[data-side]")) chip.addEventListener("click", () => {
  side = chip.dataset.side;
  for (const one of desk.querySelectorAll("[data-side]")) one.setAttribute("aria-pressed", String(one === chip));
  for (const one of $("adding").children) one.hidden = side === "form" && !["text", "code"].includes(one.dataset.kind);
  choose(-1);
  showSheet();
  look();
});
for (const name of ["many", "public"]) $(name).addEventListener("change", look);
showParts();
showSheet();
if (!$("preview").getAttribute("src")) look();
})();
