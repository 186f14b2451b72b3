// The bottom dialog in which a card's form is filled, with DingTalk's field kinds and its one check: "required".

import { dateField, h, icon } from "./kit.js";

// Opens over `frame`; `send(values)` returns a promise, the dialog closes when it is fulfilled.
export function openForm(frame, title, fields, style, send) {
  const made = fields.map((field) => ({ field, ...input(field) }));
  const submit = h("button", { type: "submit", class: `act ${style === "danger" ? "danger-filled" : "primary"}` }, "提交");
  const close = () => { veil.remove(); frame.querySelector(".screen")?.removeAttribute("inert"); };
  const form = h("form", { class: "form", novalidate: true },
    h("div", { class: "form-head" }, h("h3", {}, title), h("button", { type: "button", class: "bare", "aria-label": "关闭", onclick: close }, icon("close"))),
    h("div", { class: "form-body" }, made.map(({ field, node }) => row(field, node))),
    h("div", { class: "form-foot" }, submit));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = collected(made);
    if (!values || submit.disabled) return;
    submit.disabled = true;
    submit.textContent = "提交中";
    await send(values).catch(() => {});
    close();
  });
  const veil = h("div", { class: "veil", onclick: (event) => { if (event.target === veil && !submit.disabled) close(); } }, form);
  veil.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  frame.querySelector(".screen")?.setAttribute("inert", "");
  frame.append(veil);
  form.querySelector("input,select,textarea,button.choice")?.focus({ preventScroll: true });
}

export function confirmIn(frame, text, style, go) {
  const close = () => veil.remove();
  const veil = h("div", { class: "veil" }, h("div", { class: "form ask", role: "alertdialog" },
    h("p", {}, text),
    h("div", { class: "form-foot two" },
      h("button", { type: "button", class: "act plain", onclick: close }, "取消"),
      h("button", { type: "button", class: `act ${style === "danger" ? "danger-filled" : "primary"}`, onclick: () => { close(); go(); } }, "确定"))));
  frame.append(veil);
}

function row(field, node) {
  const label = h("span", { class: "label" }, field.label, field.required ? h("i", { class: "must", title: "必填" }, "必填") : null);
  const grouped = node.classList.contains("choices");
  return h(grouped ? "div" : "label", { class: "field", "data-field": field.name }, label, node, h("em", { class: "wrong", role: "alert" }));
}

function collected(made) {
  const values = {};
  let first = null;
  for (const { field, node, value } of made) {
    const given = value();
    const empty = given === "" || given === null || (Array.isArray(given) && !given.length);
    const wrong = node.closest(".field").querySelector(".wrong");
    wrong.textContent = field.required && empty ? field.requiredMsg || `请填写「${field.label}」` : "";
    if (wrong.textContent && !first) first = node;
    if (!empty) values[field.name] = given;
  }
  first?.scrollIntoView({ block: "center" });
  return first ? null : values;
}

function input(field) {
  const kind = field.type;
  const initial = field.defaultValue ?? "";
  if (kind === "SELECT") return select(field, initial);
  if (["MULTI_SELECT", "MULTI_CHECKBOX_GROUP", "CHECKBOX_GROUP"].includes(kind)) return choices(field, kind !== "CHECKBOX_GROUP");
  if (kind === "CHECKBOX" || kind === "SWITCH") {
    const node = h("input", { type: "checkbox", class: kind === "SWITCH" ? "switch" : "", checked: String(initial) === "true" });
    return { node, value: () => node.checked };
  }
  const shared = { placeholder: field.placeholder || "", readOnly: Boolean(field.readOnly), name: field.name };
  if (kind === "TEXT_AREA" || kind === "TEXT_ARRAY") {
    const node = h("textarea", { ...shared, rows: 4 });
    node.value = initial;
    const lines = () => node.value.split("\n").map((line) => line.trim()).filter(Boolean);
    return { node, value: () => (kind === "TEXT_ARRAY" ? lines() : node.value.trim()) };
  }
  const types = { DATE: "date", TIME: "time", DATETIME: "datetime-local" };
  if (types[kind]) {
    const { node, input: picker, show } = dateField(types[kind], shared);
    picker.value = String(initial).replace(" ", "T");
    show();
    return { node, value: () => picker.value.replace("T", " ") };
  }
  const node = h("input", { ...shared, type: "text", inputmode: kind === "NUMBER" ? "decimal" : undefined, autocomplete: "off" });
  node.value = initial;
  if (kind === "NUMBER") return { node, value: () => (node.value.trim() === "" ? "" : Number(node.value)) };
  return { node, value: () => node.value.trim() };
}

function select(field, initial) {
  const first = h("option", { value: "" }, field.placeholder || "请选择");
  const node = h("select", { name: field.name }, first, (field.options || []).map((one) => h("option", { value: one.value }, one.text || one.value)));
  node.value = initial;
  return { node, value: () => node.value };
}

function choices(field, many) {
  const chosen = new Set();
  const node = h("div", { class: "choices" });
  for (const one of field.options || []) {
    const mark = h("button", { type: "button", class: "choice", "aria-pressed": "false" }, one.text || one.value);
    mark.addEventListener("click", () => {
      const had = chosen.has(one.value);
      if (!many) { chosen.clear(); node.querySelectorAll(".choice").forEach((other) => other.setAttribute("aria-pressed", "false")); }
      if (had) chosen.delete(one.value); else chosen.add(one.value);
      mark.setAttribute("aria-pressed", String(!had));
    });
    node.append(mark);
  }
  if (!node.childNodes.length) node.append(h("p", { class: "none" }, "暂时没有可选项"));
  return { node, value: () => (many ? [...chosen] : [...chosen][0] || "") };
}
