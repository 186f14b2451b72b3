// Draws panels for wall and phone alike: numbers and lists as elements, curves and maps by ECharts. No data, no network in here.
"use strict";

const Panels = (() => {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
  const small = () => rem() * parseFloat(token("small") || 1);
  const LAMPS = { yellow: "△ 黄色", orange: "◇ 橙色", red: "■ 红色" };
  const palette = token("palette").split(" ");
  const FONT = '"Noto Screen", sans-serif';
  const drawn = new Set();

  function el(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // --- numbers ---

  function figure(metric, { change = true, target = false } = {}) {
    const tile = el("button", `figure${metric.level ? ` level-${metric.level}` : ""}${metric.stale ? " stale" : ""}`);
    tile.type = "button";
    tile.dataset.metric = metric.name;
    tile.title = `${metric.title}：${metric.definition}\n算法：${metric.formula}\n来源：${metric.source}（${metric.owner}）\n${metric.as_of}`;
    tile.append(el("span", "figure-title", metric.title), value(metric));
    const told = el("span", "figure-foot");
    if (metric.level) told.append(el("b", `lamp ${metric.level}`, LAMPS[metric.level]));
    if (metric.value === null) told.append(el("span", "quiet", metric.note.length > 4 ? "暂无数据" : metric.note));
    else if (metric.stale) told.append(el("span", "quiet", `${metric.stale} 后没有新数据`));
    else if (target && metric.target_text) told.append(el("span", "quiet", `目标 ${metric.target_text}${metric.unit}`));
    else if (change && metric.change) told.append(el("span", `change ${metric.tone}`, metric.change));
    if (told.children.length) tile.append(told);
    return tile;
  }

  function value(metric) {
    const told = el("span", "figure-value");
    told.dataset.value = metric.value === null ? "" : metric.value;
    told.append(el("span", "figure-number", metric.text));
    if (metric.value !== null && metric.unit) told.append(el("small", "", metric.unit));
    return told;
  }

  const COLUMNS = { 1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4, 9: 3, 10: 5 };

  function numbers(body, panel, metrics) {
    const count = panel.metrics.length, columns = COLUMNS[count] || 4;
    const grid = el("div", `figures rows-${Math.ceil(count / columns)} columns-${columns}`);
    grid.append(...panel.metrics.map((name) => figure(metrics[name], { change: Math.ceil(count / columns) < 3 })));
    body.append(grid);
  }

  function gauge(body, panel, metrics) {
    const count = panel.metrics.length, columns = COLUMNS[count] || 4;
    const grid = el("div", `figures gauges rows-${Math.ceil(count / columns)} columns-${columns}`);
    for (const name of panel.metrics) {
      const metric = metrics[name], tile = figure(metric, { change: false, target: true });
      if (metric.unit === "%" && metric.value !== null) {
        tile.classList.add("ringed");
        tile.querySelector(".figure-value").prepend(ring(metric));
      }
      grid.append(tile);
    }
    body.append(grid);
  }

  function ring(metric) {
    const space = "http://www.w3.org/2000/svg", svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 100 100");
    svg.setAttribute("class", "ring");
    svg.setAttribute("aria-hidden", "true");
    const arc = (name, share) => {
      const made = document.createElementNS(space, "circle");
      for (const [key, told] of Object.entries({ cx: 50, cy: 50, r: 42, class: name, pathLength: 100, "stroke-dasharray": `${share} 100` })) made.setAttribute(key, told);
      svg.append(made);
    };
    arc("ring-all", 100);
    arc("ring-part", Math.max(0, Math.min(100, metric.value)));
    if (metric.target !== null && metric.target > 0 && metric.target <= 100) {
      const mark = document.createElementNS(space, "line"), turn = (metric.target / 100) * 2 * Math.PI - Math.PI / 2;
      for (const [key, told] of Object.entries({ x1: 50 + 36 * Math.cos(turn), y1: 50 + 36 * Math.sin(turn), x2: 50 + 48 * Math.cos(turn), y2: 50 + 48 * Math.sin(turn), class: "ring-target" })) mark.setAttribute(key, told);
      svg.append(mark);
    }
    return svg;
  }

  // --- groups ---

  // A line can be tapped like a number: the number it is, else the line itself.
  function tapped(line, place, metric) {
    if (metric) line.dataset.metric = metric; else line.dataset.row = place;
    line.tabIndex = 0;
    return line;
  }

  function ranking(body, panel) {
    const values = panel.rows.map((row) => Math.abs(row.values[0] || 0)), largest = Math.max(...values, 1), list = el("ol", "ranking");
    const most = panel.heads[0]?.unit === "%" ? Math.max(100, largest) : largest; // half of all is no full bar
    if (panel.heads.length > 1) list.append(heads(panel));
    panel.rows.forEach((row, place) => {
      const line = tapped(el("li", "rank"), place, row.metric), bar = el("i", "rank-bar"), name = el("span", "rank-name", row.name);
      bar.style.setProperty("--part", `${Math.max(0, (100 * (row.values[0] || 0)) / most)}%`);
      const told = el("span", "rank-value");
      row.texts.forEach((text, at) => {
        const cell = el("b", "", text);
        if (panel.heads.length > 1 && at) cell.style.minWidth = `${breadth(named(panel.heads[at])) * small()}px`; // under its head
        told.append(cell);
      });
      if (panel.heads.length === 1 && panel.heads[0].unit) told.append(el("small", "", panel.heads[0].unit));
      told.dataset.value = row.values[0];
      name.title = row.name;
      line.append(el("span", "rank-place", String(place + 1)), name, bar, told);
      list.append(line);
    });
    body.append(list);
  }

  function heads(panel) {
    const line = el("li", "rank rank-heads"), told = el("span", "rank-value");
    panel.heads.forEach((head) => told.append(el("b", "", named(head))));
    line.append(el("span"), el("span"), el("i"), told);
    return line;
  }

  const named = (one) => (one.unit ? `${one.title || one.name}（${one.unit}）` : one.title || one.name);

  const OWN_COLOURS = { 红色: "red", 橙色: "orange", 黄色: "yellow" };
  const colour = (name, place) => (OWN_COLOURS[name] ? token(OWN_COLOURS[name]) : palette[place % palette.length]);

  function share(body, panel) {
    const frame = el("div", "share"), chart = el("div", "share-ring"), list = el("ol", "share-list");
    frame.append(chart, list);
    body.append(frame);
    panel.rows.forEach((row, place) => {
      const line = tapped(el("li", "share-row"), place, row.metric), dot = el("i", "dot");
      dot.style.background = colour(row.name, place);
      const told = el("b", "", row.texts[0]);
      told.dataset.value = row.values[0];
      line.append(dot, el("span", "share-name", row.name), told, el("small", "", `${row.share}%`));
      list.append(line);
    });
    paint(chart, {
      title: { text: panel.total_text, subtext: panel.heads[0].unit, left: "center", top: "center", itemGap: 2, textStyle: { color: token("ink"), fontSize: small() * 1.5, fontFamily: FONT, fontWeight: 600 }, subtextStyle: { color: token("muted"), fontSize: small(), fontFamily: FONT } },
      series: [{ type: "pie", radius: ["66%", "92%"], silent: true, label: { show: false }, itemStyle: { borderColor: token("raised"), borderWidth: 2 }, data: panel.rows.map((row, place) => ({ name: row.name, value: row.values[0], itemStyle: { color: colour(row.name, place) } })) }],
    });
  }

  // Almost all is not all.
  const part = (some, all) => (some < all ? Math.min(99, Math.round((100 * some) / all)) : Math.round((100 * some) / all));

  function funnel(body, panel) {
    const most = Math.max(...panel.rows.map((row) => row.values[0] || 0), 1), list = el("ol", "funnel");
    panel.rows.forEach((row, place) => {
      const line = tapped(el("li", "funnel-row"), place, row.metric), bar = el("i", "funnel-bar"), before = place ? panel.rows[place - 1].values[0] : 0;
      bar.style.setProperty("--part", `${Math.max(2, (100 * (row.values[0] || 0)) / most)}%`);
      const told = el("b", "", row.texts[0]);
      told.dataset.value = row.values[0];
      line.append(el("span", "funnel-name", row.name), bar, told, el("small", "", before ? `${part(row.values[0], before)}%` : ""));
      list.append(line);
    });
    body.append(list);
  }

  // --- rows ---

  function rows(body, panel, _metrics, { narrow }) {
    const table = el("table", `grid-of-rows ${panel.show}`), head = el("thead"), line = el("tr"), rest = el("tbody");
    for (const column of panel.columns) {
      const cell = el("th", column.type === "number" ? "num" : "");
      cell.classList.toggle("long", column.type === "text" && !STATES.has(column.name));
      cell.append(el("span", "", column.title));
      line.append(cell);
    }
    head.append(line);
    panel.rows.forEach((cells, place) => {
      const made = row(panel, cells, narrow);
      rest.append(panel.marks.length ? tapped(made, place) : made);
    });
    table.append(head, rest);
    body.append(table);
  }

  const STATES = new Set(["state", "level", "late"]);
  const LEAST = 5; // of a text so many characters are seen, or it says nothing
  const sum = (some) => some.reduce((all, one) => all + one, 0);

  // What has no second reading when it is cut (a time, a state, a number) is whole; the texts share what is left by need.
  function apportion(table) {
    const heads = [...table.tHead.rows[0].cells], room = table.clientWidth, lines = [...table.tBodies[0].rows];
    const wide = (cell) => { const style = getComputedStyle(cell); return cell.firstElementChild.getBoundingClientRect().width + parseFloat(style.paddingLeft) + parseFloat(style.paddingRight) + 2; };
    const cells = heads.map((_, place) => Math.max(0, ...lines.map((line) => wide(line.cells[place]))));
    const wants = heads.map((head, place) => Math.max(cells[place], wide(head)));
    const least = (whole) => heads.map((head, place) => (head.classList.contains("long") ? Math.min(wants[place], small() * LEAST) : whole[place]));
    const given = poured(wants, least(sum(least(wants)) > room ? cells : wants), room);
    heads.forEach((head, place) => { head.style.width = `${(100 * given[place]) / sum(given)}%`; });
  }

  // To each its least; above it whoever wants little has all of it, and the greatest are cut alike.
  function poured(wants, least, room) {
    const at = (cap) => wants.map((want, place) => Math.max(least[place], Math.min(want, cap)));
    let low = 0, high = Math.max(...wants) + 1;
    for (let turn = 0; turn < 20; turn += 1) {
      const cap = (low + high) / 2;
      if (sum(at(cap)) > room) high = cap; else low = cap;
    }
    return at(low);
  }

  // Of a text, in the breadths of a Chinese character.
  const breadth = (text) => [...text].reduce((sum, one) => sum + (one.charCodeAt(0) > 255 ? 1 : 0.56), 0);

  function row(panel, cells, narrow) {
    const line = el("tr");
    cells.forEach((text, place) => {
      const column = panel.columns[place], cell = el("td", column.type === "number" ? "num" : STATES.has(column.name) ? "state" : "");
      if (narrow) cell.dataset.label = column.title;
      cell.append(el("span", cell.className === "state" ? `word ${tone(text)}` : "", text));
      cell.title = text;
      line.append(cell);
    });
    return line;
  }

  const TONES = [[/超期|逾期|红色|严重|异常|取不到|离线|中断|应急|拥堵/, "hot"], [/橙色|黄色|迟到|处置中|办理|繁忙|检修|待/, "warm"], [/办结|正常|平稳|完成|归档|畅通|有效/, "good"]];
  const tone = (text) => (TONES.find(([words]) => words.test(text)) || [null, ""])[1];

  // --- curves and maps ---

  const axisWords = () => ({ color: token("muted"), fontSize: small(), fontFamily: FONT });
  const quietLine = () => ({ lineStyle: { color: token("line") } });
  const short = (number) => (Math.abs(number) >= 1e8 ? `${+(number / 1e8).toFixed(1)}亿` : Math.abs(number) >= 1e4 ? `${+(number / 1e4).toFixed(1)}万` : String(+number.toFixed(2)));

  // The steps of one axis in one scale: 「5000」 over 「1万」 would look more.
  const axis = (most) => (number) => (most < 1e4 || !number ? short(number) : `${+(number / (most < 1e8 ? 1e4 : 1e8)).toFixed(2)}${most < 1e8 ? "万" : "亿"}`);

  const STEPS = { hour: "虚线：这个小时还没过完", day: "虚线：这一天还没过完", month: "虚线：这个月还没过完" };

  // A step that still grows is no fall: what is whole is drawn through, the last stretch of such a curve apart.
  function whole(panel, one) {
    return panel.running.includes(one.metric) ? [...one.values.slice(0, -1), null] : one.values;
  }

  function unfinished(panel, one) {
    const last = one.values.length - 1, from = one.values.findLastIndex((value, place) => place < last && value !== null);
    return one.values.map((value, place) => (place === last || place === from ? value : null));
  }

  function tip(panel, points) {
    const at = points[0].dataIndex, last = at === panel.labels.length - 1;
    const lines = panel.series.map((one) => `${one.name} ${one.values[at] === null || one.values[at] === undefined ? "—" : short(one.values[at])}${one.unit}${last && panel.running.includes(one.metric) ? "（还没过完）" : ""}`);
    return [panel.labels[at], ...lines].join("\n");
  }

  function trend(body, panel) {
    const units = [...new Set(panel.series.map((one) => one.unit))].slice(0, 2), chart = el("div", "chart");
    body.append(chart);
    const edge = small(), many = panel.series.length > 1, called = (one) => (units.length > 1 ? named(one) : one.name);
    const note = [units.length === 1 && units[0] ? `单位：${units[0]}` : "", panel.running.length ? STEPS[panel.step] : ""].filter(Boolean).join("  ");
    const taken = many ? panel.series.reduce((sum, one) => sum + breadth(called(one)) + 2.4, 0) : 0, under = note && taken && (taken + breadth(note)) * edge > chart.clientWidth;
    const rows = (many || note ? 1 : 0) + (under ? 1 : 0);
    // Under the curve every second, third … step is named, counted back from the last; both ends lean inwards by half a name.
    const last = panel.labels.length - 1, broad = (1.5 * Math.max(...panel.labels.map(breadth)) + 0.6) * edge;
    const step = () => Math.max(1, Math.ceil((broad * last) / (chart.clientWidth - edge * (units.length > 1 ? 5.5 : 3.5))));
    const line = (one, place) => ({ type: "line", name: called(one), yAxisIndex: Math.max(0, units.indexOf(one.unit)), symbol: "circle", connectNulls: true, color: palette[place % palette.length], lineStyle: { width: edge * 0.14 } });
    paint(chart, {
      grid: { left: 4, right: units.length > 1 ? 4 : edge * 0.75, top: edge * [1.1, 2.1, 3.3][rows], bottom: 2, containLabel: true },
      title: { show: Boolean(note), text: note, right: 0, top: under ? edge * 1.4 : 0, padding: 0, textStyle: { color: token("muted"), fontSize: edge, fontWeight: 400, fontFamily: FONT } },
      legend: { show: many, top: 0, left: 0, padding: 0, icon: "roundRect", itemWidth: edge, itemHeight: edge * 0.3, data: panel.series.map(called), textStyle: { color: token("ink"), fontSize: edge, fontFamily: FONT } },
      tooltip: { trigger: "axis", confine: true, renderMode: "richText", backgroundColor: token("raised"), borderColor: token("line"), textStyle: { color: token("ink"), fontSize: edge, fontFamily: FONT }, formatter: (points) => tip(panel, points) },
      xAxis: { type: "category", data: panel.labels, boundaryGap: false, axisLabel: { ...axisWords(), margin: edge * 0.45, hideOverlap: true, interval: (at) => (last - at) % step() === 0, alignMinLabel: last % step() ? "center" : "left", alignMaxLabel: "right" }, axisTick: { show: false }, axisLine: quietLine() },
      yAxis: units.map((unit, place) => ({ type: "value", scale: panel.series.every((one) => one.unit === "%"), splitNumber: 3, axisLabel: { ...axisWords(), margin: edge * 0.45, hideOverlap: true, formatter: axis(Math.max(0, ...panel.series.filter((one) => one.unit === unit).flatMap((one) => one.values.map(Math.abs)))) }, splitLine: place ? { show: false } : quietLine() })),
      series: panel.series.flatMap((one, place) => [
        { ...line(one, place), data: whole(panel, one), symbolSize: edge * 0.3, showSymbol: panel.labels.length < 3, areaStyle: place || units.length > 1 ? undefined : { opacity: 0.16 } },
        ...(panel.running.includes(one.metric) ? [{ ...line(one, place), data: unfinished(panel, one), lineStyle: { width: edge * 0.14, type: "dashed" }, symbol: "emptyCircle", symbolSize: (_, at) => (at.dataIndex === panel.labels.length - 1 ? edge * 0.5 : 0), showSymbol: true }] : []),
      ]),
    });
  }

  function ground(panel) {
    const [west, south, east, north] = panel.around, regions = ["秀英区"].map((name) => ({ name, itemStyle: { areaColor: token("area"), borderColor: token("brand"), borderWidth: 1.5 } }));
    return {
      map: "海口", roam: false, silent: true, layoutCenter: [panel.rows ? "46%" : "50%", "50%"], layoutSize: "100%", boundingCoords: [[west, north], [east, south]], regions,
      itemStyle: { areaColor: "rgba(0,0,0,0)", borderColor: token("line"), borderWidth: 1 }, label: { show: false }, emphasis: { disabled: true }, top: 0, bottom: 0, left: 0, right: 0,
    };
  }

  function towns(body, panel, _metrics, { pick }) {
    const chart = el("div", "chart map"), edge = small(), list = el("ul", "map-list");
    body.append(chart, list);
    const most = Math.max(...panel.rows.map((row) => Math.abs(row.values[0] || 0)), 1), first = panel.heads[0];
    const made = paint(chart, {
      geo: ground(panel),
      series: [{
        type: "scatter", coordinateSystem: "geo", color: token("brand"), emphasis: { scale: 1.15 }, labelLayout: { hideOverlap: true },
        data: panel.rows.map((row) => ({ name: row.name, value: [...row.point, row.values[0]], words: row.values[0] === null ? row.name : `{n|${row.name}} {v|${row.texts[0]}}`, symbolSize: row.values[0] === null ? edge * 0.5 : edge * (0.6 + 1.5 * Math.sqrt(Math.abs(row.values[0]) / most)), label: { position: row.side } })),
        itemStyle: { opacity: 0.85, borderColor: token("raised"), borderWidth: 1 },
        label: { show: true, minMargin: edge * 0.7, formatter: (at) => at.data.words, color: token("ink"), fontSize: edge, fontFamily: FONT, textBorderColor: token("area"), textBorderWidth: 3, rich: { n: { color: token("ink"), fontSize: edge, fontFamily: FONT }, v: { color: token("figure"), fontSize: edge * 1.1, fontWeight: 600, fontFamily: FONT } } },
      }],
    });
    if (made) made.on("click", (at) => pick && pick(at.name));
    chart.setAttribute("role", "img");
    chart.setAttribute("aria-label", `${first.title}：${panel.rows.map((row) => `${row.name} ${row.texts[0]}`).join("，")}`);
    // The same in words, and the way in for hands and keys.
    const heads = el("li", "map-heads");
    heads.append(el("span", "", "镇街"), ...panel.heads.slice(0, 2).map((head) => {
      const cell = el("b", "", head.title);
      if (head.unit) cell.append(el("span", "unit", `（${head.unit}）`)); // never broken in two
      return cell;
    }));
    list.append(heads);
    for (const entry of [...panel.rows].sort((a, b) => (b.values[0] || 0) - (a.values[0] || 0))) {
      const line = el("li"), button = el("button", "map-town");
      button.type = "button";
      button.dataset.town = entry.name;
      const told = entry.texts.slice(0, 2).map((text, place) => {
        const cell = el("b", "", text);
        cell.dataset.value = entry.values[place] === null ? "" : entry.values[place];
        return cell;
      });
      button.append(el("span", "", entry.name), ...told);
      button.addEventListener("click", () => pick && pick(entry.name));
      line.append(button);
      list.append(line);
    }
  }

  function heat(body, panel) {
    const chart = el("div", "chart map"), edge = small(), hues = token("heat").split(" ");
    // What happened makes clouds where it is many; stations are few, and each is as hot as its own value.
    const cloud = { type: "heatmap", coordinateSystem: "geo", data: panel.points, pointSize: edge * 0.7, blurSize: edge * 1.1 };
    const spots = { type: "scatter", coordinateSystem: "geo", data: panel.points, symbolSize: edge * 1.1, itemStyle: { opacity: 0.9, borderColor: token("raised"), borderWidth: 1 } };
    body.append(chart);
    paint(chart, {
      geo: ground(panel),
      visualMap: { show: false, dimension: 2, min: 0, max: panel.full || panel.points.reduce((most, point) => Math.max(most, point[2]), 1) * Math.max(3, panel.points.length / 40), inRange: { color: panel.full ? hues.slice(2) : hues } },
      series: [panel.full ? spots : cloud],
    });
    chart.setAttribute("role", "img");
    chart.setAttribute("aria-label", `${panel.title}：${panel.points.length} 处`);
  }

  function calendar(body, panel, _metrics, { narrow }) {
    const chart = el("div", "chart"), edge = small(), days = narrow ? panel.days.slice(-119) : panel.days;
    body.append(chart);
    const most = Math.max(...days.map((day) => day[1]), 1), first = days[0][0], last = days[days.length - 1][0];
    // A month of which hardly a week or two is seen has no room for its name beside the next one's.
    // Nor have twelve names where each month is hardly as broad as its own: then every second one is named.
    const every = ((chart.clientWidth - edge * 2) * 30.4) / days.length < edge * 3 ? 2 : 1;
    const month = (at) => { const one = `${at.yyyy}-${at.MM}`; return Number(at.M) % every || (last.startsWith(one) && last.slice(8) < "15") || (first.startsWith(one) && first.slice(8) > "15") ? "" : `${Number(at.M)}月`; };
    paint(chart, {
      visualMap: { show: false, min: 0, max: most, inRange: { color: token("heat").split(" ").slice(1) } },
      calendar: { left: edge * 2, right: 4, top: edge * 2.2, bottom: 4, range: [first, last], cellSize: ["auto", "auto"], splitLine: { show: false }, itemStyle: { color: token("faint"), borderColor: token("raised"), borderWidth: 2 }, yearLabel: { show: false }, monthLabel: { formatter: month, ...axisWords() }, dayLabel: { firstDay: 1, nameMap: ["日", "一", "", "三", "", "五", ""], ...axisWords() } },
      series: [{ type: "heatmap", coordinateSystem: "calendar", data: days }],
    });
  }

  // As many streams as have room for their names, which stand outside on both sides, none over another.
  function sankey(body, panel) {
    const chart = el("div", "chart"), edge = small(), links = [];
    body.append(chart);
    const most = Math.max(3, Math.floor(chart.clientHeight / (edge * 1.35)));
    const ends = (side) => new Set(links.map((link) => link[side]));
    for (const link of panel.links) {
      links.push(link);
      if (ends(0).size > most || ends(1).size > most) links.pop();
    }
    const names = new Map([...ends(0)].map((name) => [`${name} `, name]));
    for (const name of ends(1)) names.set(name, name); // a blank apart: both ends may have one name
    const room = (side) => Math.min(chart.clientWidth / 3, edge * (0.6 + Math.max(...[...ends(side)].map(breadth))));
    const label = (position, side) => ({ position, color: token("ink"), fontSize: edge, fontFamily: FONT, width: room(side) - edge * 0.4, overflow: "truncate", formatter: (at) => at.name.trim() });
    paint(chart, {
      series: [{
        type: "sankey", left: room(0), right: room(1), top: edge * 0.4, bottom: edge * 0.4, nodeWidth: edge * 0.5, nodeGap: edge * 0.95, draggable: false, emphasis: { disabled: true },
        data: [...names.keys()].map((name, place) => ({ name, itemStyle: { color: palette[place % palette.length] } })),
        links: links.map(([source, target, told]) => ({ source: `${source} `, target, value: told })),
        levels: [{ depth: 0, label: label("left", 0) }, { depth: 1, label: label("right", 1) }], lineStyle: { color: "source", opacity: 0.3 },
      }],
    });
  }

  function paint(place, option) {
    if (typeof echarts === "undefined") { place.hidden = true; return null; }
    const made = echarts.init(place, null, { renderer: "canvas" });
    made.setOption({ animation: false, textStyle: { fontFamily: FONT, color: token("ink") }, ...option });
    drawn.add(made);
    return made;
  }

  const WAYS = { number: numbers, gauge, trend, ranking, share, funnel, map: towns, heat, live: rows, table: rows, calendar, sankey };

  // --- the frame of a panel ---

  // How much of a column a panel needs: by what is in it, not by how it is called.
  function weight(panel) {
    const tiles = Math.ceil(panel.metrics.length / (COLUMNS[panel.metrics.length] || 4)), lines = panel.rows ? panel.rows.length : 5;
    const heavy = { number: 0.47 + 0.4 * tiles, gauge: 0.4 + 0.6 * tiles, ranking: 0.45 + 0.1 * Math.min(7, Math.max(4, lines)), share: 0.55 + 0.11 * Math.min(6, Math.max(4, lines)), funnel: 0.5 + 0.16 * lines, map: 2.9, heat: 2.7, live: 1.3, table: 0.65 + 0.185 * Math.min(8, Math.max(4, lines)), calendar: 1, sankey: 1.4 };
    return String(heavy[panel.show] || 1.1);
  }

  function frame(panel, place) {
    const made = el("section", `panel panel-${panel.show}`);
    made.dataset.place = place;
    const head = el("header", "panel-head"), title = el("h2", "", panel.title);
    head.append(title, el("div", "panel-filters"), el("p", "panel-told"));
    made.append(head, el("div", "panel-body"));
    made.style.setProperty("--weight", weight(panel));
    return made;
  }

  function fill(made, panel, metrics, ways) {
    const body = made.querySelector(".panel-body");
    release(body);
    body.replaceChildren();
    made.told = panel;
    made.classList.toggle("stale", Boolean(panel.stale));
    const told = made.querySelector(".panel-told"), mark = panel.demo ? [el("span", "demo", "演示")] : [];
    told.replaceChildren(...mark, el("span", "panel-as-of", panel.stale ? `${panel.stale} 后没有新数据` : panel.as_of), el("span", "panel-source", panel.source));
    if (panel.state !== "ok") return body.append(face(panel));
    try {
      WAYS[panel.show](body, panel, metrics, ways);
    } catch (error) { // one that cannot be drawn leaves the others alone
      console.error(error);
      release(body);
      body.replaceChildren(face({ state: "fault", note: "这一块暂时画不出来" }));
    }
  }

  function face(panel) {
    const made = el("div", "face");
    made.append(el("b", "", panel.note));
    if (panel.state === "fault") made.append(el("span", "quiet", "其他内容不受影响，恢复后自动显示"));
    else if (!panel.calm) made.append(el("span", "quiet", panel.source ? `由「${panel.source}」提供，收到后自动显示` : "收到后自动显示"));
    return made;
  }

  function release(within) {
    for (const chart of [...drawn]) if (!within || within.contains(chart.getDom())) { chart.dispose(); drawn.delete(chart); }
  }

  // As many lines as there is room for; a cut line is worse than none. Numbers stand side by side before any is cut.
  function fit(made) {
    const body = made.querySelector(".panel-body"), room = body.getBoundingClientRect(), source = made.querySelector(".panel-source");
    source.hidden = false;
    source.hidden = source.clientWidth < 3 * small() && source.scrollWidth > source.clientWidth; // a name cut to a letter says nothing
    for (const grid of body.querySelectorAll(".figures")) {
      const count = grid.children.length, over = () => grid.scrollHeight > body.clientHeight + 1 || grid.lastElementChild.getBoundingClientRect().bottom > room.bottom + 1;
      const lay = (columns) => { grid.className = grid.className.replace(/rows-\d+ columns-\d+/, `rows-${Math.ceil(count / columns)} columns-${columns}`); };
      if (room.width > 48 * rem() && count < 6) lay(count);
      grid.classList.remove("tight", "brief");
      grid.classList.toggle("brief", over());
      for (let columns = (COLUMNS[count] || 4) + 1; over() && columns <= Math.min(count, 5); columns += 1) lay(columns);
      grid.classList.remove("brief");
      grid.classList.toggle("brief", over());
      grid.classList.toggle("tight", over());
      for (const foot of grid.querySelectorAll(".figure-foot")) {
        foot.classList.remove("cut");
        foot.classList.toggle("cut", foot.scrollHeight > foot.clientHeight + 2); // half a sentence says something else
      }
      grid.style.removeProperty("--ring");
      if (grid.matches(".gauges.tight") && over()) {
        const rows = Math.ceil(count / Number(/columns-(\d+)/.exec(grid.className)[1]));
        grid.style.setProperty("--ring", `${Math.max(3.25 * rem(), (body.clientHeight - rows * 2.1 * rem()) / rows)}px`);
      }
    }
    body.querySelectorAll("table").forEach(apportion);
    for (const list of body.querySelectorAll(".ranking, .share-list, tbody, .funnel, .map-list")) {
      const lines = [...list.children];
      for (const line of lines) line.hidden = false;
      for (const line of lines.slice(1).reverse()) {
        const box = line.getBoundingClientRect();
        if (box.bottom <= room.bottom + 1 && list.scrollHeight <= Math.max(list.clientHeight, 1) + 1 && lines[0].getBoundingClientRect().top >= room.top - 1) break;
        line.hidden = true;
      }
    }
    for (const told of body.querySelectorAll(".figure-value")) {
      told.style.fontSize = "";
      let size = parseFloat(getComputedStyle(told).fontSize);
      const least = small() * 1.1;
      while (told.scrollWidth > told.clientWidth + 1 && size > least) told.style.fontSize = `${(size -= 2)}px`;
    }
  }

  const resize = () => { for (const chart of drawn) chart.resize(); };
  document.fonts.addEventListener("loadingdone", () => { // a canvas keeps the glyphs it was drawn with, a column their breadth
    resize();
    for (const table of document.querySelectorAll(".grid-of-rows")) if (getComputedStyle(table).tableLayout === "fixed") apportion(table);
  });
  return { el, figure, value, frame, fill, fit, release, resize, row, LAMPS };
})();
