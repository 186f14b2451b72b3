// Draws a card from the blocks the sandbox computed from its manifest, the way DingTalk draws it.

import { h, icon } from "./kit.js";
import { markdown, picture } from "./markdown.js";

const TONES = ["grey", "blue", "orange", "red", "green", "yellow"];

// `press(action, options)` sends a click; options are {params} or {form: fields}.
export function card(face, press) {
  const box = h("article", { class: "card", "data-card": face.outTrackId });
  if (face.broken) return box.append(h("p", { class: "card-broken" }, face.broken)), box;
  const parts = face.blocks.map((block) => drawn(block, press)).filter(Boolean);
  box.append(...parts);
  if (face.failure) box.append(h("p", { class: "card-failure", role: "alert" }, face.failure));
  if (face.differs) box.append(h("p", { class: "card-differs" }, "仅这部手机已更新，其他人稍后看到"));
  return box;
}

function drawn(block, press) {
  const draw = BLOCKS[block.show];
  return draw ? draw(block, press) : null;
}

const BLOCKS = {
  header(block) {
    const tone = TONES.includes(block.tone) ? block.tone : "grey";
    const tag = block.tag ? h("span", { class: `tag tone-${tone}` }, block.tag) : null;
    return h("header", { class: `card-head head-${tone}` }, tag, h("h3", {}, block.title));
  },
  muted: (block) => h("p", { class: "card-muted" }, block.text),
  markdown: (block) => h("div", { class: "card-md" }, markdown(block.text)),
  emphasis: (block) => h("p", { class: "card-strong" }, block.text),
  foot: (block) => h("p", { class: "card-foot" }, block.text),
  private: (block) => h("p", { class: "card-private" }, icon("lock"), h("span", {}, block.text)),
  divider: () => h("hr", { class: "card-line" }),
  image: (block) => h("img", { class: "card-image", alt: "图片", src: picture(block.url) }),
  rows(block) {
    if (!block.rows.length) return null;
    return h("dl", { class: "card-rows" }, block.rows.map((row) => [h("dt", {}, row.k || ""), h("dd", {}, row.v || "")]));
  },
  list(block, press) {
    if (!block.items.length) return null;
    if (block.columns > 1) return tiles(block, press);
    return h("ul", { class: "card-list" }, block.items.map((item) => h("li", {}, item.caption ? h("p", { class: "caption" }, item.caption) : null, h(
      "button", { type: "button", "data-action": block.action, onclick: (event) => press(event.currentTarget, block.action, { params: item.params }) },
      h("span", { class: "list-text" }, h("b", {}, item.title || item.no || ""), h("small", {}, (item.sub || "").split(" · ").flatMap((part, n) => [n ? " · " : "", h("span", {}, part)]))),
      item.tag ? h("span", { class: `tag tone-${TONES.includes(item.tone) ? item.tone : "grey"}` }, item.tag) : null,
      icon("right"),
    ))));
  },
  buttons: (block, press) => h("div", { class: `card-buttons n${Math.min(block.buttons.length, 3)}` },
    block.buttons.map((one) => button(one, press))),
  more(block, press) {
    const body = h("div", { class: "card-buttons n2" }, block.buttons.map((one) => button(one, press)));
    return h("details", { class: "card-more" }, h("summary", {}, block.title || "更多", icon("down")), body);
  },
  link: (block) => h("a", { class: "card-link", href: block.url, "data-open": true }, block.text, icon("right")),
};

function tiles(block, press) {
  const box = h("ul", { class: block.items.some((item) => item.tag) ? "card-tiles" : "card-tiles plain" }, block.items.map((item) => h("li", {}, h(
    "button", { type: "button", "data-action": block.action, onclick: (event) => press(event.currentTarget, block.action, { params: item.params }) },
    item.tag ? h("b", { class: `figure ink-${TONES.includes(item.tone) ? item.tone : "grey"}` }, item.tag) : null, h("span", {}, item.title || "")))));
  box.style.setProperty("--columns", block.columns);
  return box;
}

function button(one, press) {
  return h("button", {
    type: "button", class: `act ${one.style || "plain"}`, "data-action": one.action,
    onclick: (event) => press(event.currentTarget, one.action, { form: one.form, title: one.title, confirm: one.confirm, style: one.style }),
  }, one.title);
}
