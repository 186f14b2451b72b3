// The part of Markdown that DingTalk shows: headings, bold, lists, quotes, links, pictures, tables, coloured words.

export function markdown(text) {
  const box = document.createElement("div");
  box.className = "md";
  box.innerHTML = blocks(escaped(text).split("\n"));
  return box;
}

function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

function blocks(lines) {
  const out = [];
  let list = "";
  let gap = false;
  const close = () => { if (list) out.push(`</${list}>`); list = ""; };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const item = line.match(/^\s*(?:[-*+]|(\d+)[.、])\s+(.*)/);
    if (item) {
      const kind = item[1] ? "ol" : "ul";
      if (list !== kind) { close(); list = kind; out.push(kind === "ol" ? `<ol start="${item[1]}">` : `<${kind}>`); }
      gap = false;
      out.push(`<li>${inline(item[2])}</li>`);
      continue;
    }
    if (list && !line.trim() && !gap) { gap = true; continue; }
    close();
    const heading = line.match(/^(#{1,6})\s+(.*)/);
    if (heading) out.push(`<p class="h${Math.min(heading[1].length, 3)}">${inline(heading[2])}</p>`);
    else if (/^\s*(---|\*\*\*)\s*$/.test(line)) out.push("<hr>");
    else if (line.startsWith("&gt;")) out.push(`<blockquote>${inline(line.slice(4).trim())}</blockquote>`);
    else if (/^\s*\|.*\|\s*$/.test(line)) at = table(lines, at, out);
    else if (line.trim()) out.push(`<p>${inline(line.trim())}</p>`);
  }
  close();
  return out.join("");
}

function table(lines, from, out) {
  let at = from;
  const rows = [];
  while (at < lines.length && /^\s*\|.*\|\s*$/.test(lines[at])) {
    const cells = lines[at].trim().slice(1, -1).split("|").map((cell) => cell.trim());
    if (!cells.every((cell) => /^:?-+:?$/.test(cell))) rows.push(cells);
    at += 1;
  }
  const row = (cells, tag) => `<tr>${cells.map((cell) => `<${tag}>${inline(cell)}</${tag}>`).join("")}</tr>`;
  out.push(`<table>${rows.map((cells, n) => row(cells, n ? "td" : "th")).join("")}</table>`);
  return at - 1;
}

function inline(text) {
  return text
    .replace(/!\[([^\]]*)\]\(([^)\s]+)\)/g, (_, alt, url) => `<img alt="${alt}" src="${picture(url)}">`)
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (_, words, url) => `<a href="${safe(url)}" data-open>${words}</a>`)
    .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
    .replace(/(^|[^*])\*([^*\s][^*]*)\*/g, "$1<em>$2</em>")
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/&lt;font\s+color=(?:&quot;|')?([#\w]+)(?:&quot;|')?[^&]*&gt;(.*?)&lt;\/font&gt;/g, '<span style="color:$1">$2</span>')
    .replace(/&lt;a\s+atId=[^&]*?&gt;(.*?)&lt;\/a&gt;/g, '<span class="at">@$1</span>')
    .replace(/&lt;br\s*\/?&gt;/g, "<br>");
}

function safe(url) { return /^(https?:|dingtalk:|\/)/.test(url) ? url : "#"; }

export function picture(url) {
  return /^(https?:|data:image\/|\/)/.test(url) ? url : `/sandbox/media/${encodeURIComponent(url)}`;
}

// Where a link of a card or message leads: inside DingTalk links are wrapped once more.
export function target(url, user) {
  const wrapped = url.match(/^dingtalk:\/\/dingtalkclient\/page\/link\?(.*)/);
  const plain = wrapped ? new URLSearchParams(wrapped[1]).get("url") || "" : url;
  if (!/^(https?:|\/)/.test(plain)) return "";
  const full = new URL(plain, location.href);
  if (!["127.0.0.1", "localhost"].includes(full.hostname) || full.origin === location.origin) return full.href;
  // Every phone is a browser of its own, with its own cookies: a name of its own for this machine stands for that.
  if (/^[a-z0-9-]{1,40}$/i.test(user)) full.hostname = `${user.toLowerCase()}.localhost`;
  full.searchParams.set("sandbox_user", user);
  return full.href;
}
