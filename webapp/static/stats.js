// Draws the charts of a page from what their figures carry; without the library the tables stand alone.
"use strict";

const look = getComputedStyle(document.documentElement);
const token = (name) => look.getPropertyValue(`--${name}`).trim();
const TONES = { brand: token("brand"), ok: token("ok"), alarm: token("alarm"), rest: "#c3cad6" };
const words = { fontFamily: '"Noto Sans SC", sans-serif', color: token("ink"), fontSize: 12 };
const quiet = { ...words, color: token("muted") };
const line = { lineStyle: { color: token("line") } };

function bars(chart) {
  const last = chart.series.length - 1;
  return {
    grid: { left: 8, right: 64, top: chart.series.length > 1 ? 32 : 8, bottom: 8, containLabel: true },
    xAxis: { type: "value", minInterval: 1, axisLabel: quiet, splitLine: line },
    yAxis: { type: "category", inverse: true, data: chart.labels, axisLabel: words, axisTick: { show: false }, axisLine: line },
    series: chart.series.map((one, place) => ({
      type: "bar", stack: "all", name: one.name, data: one.values, barMaxWidth: 18, color: TONES[one.tone],
      label: place === last && chart.notes
        ? { ...words, show: true, position: "right", formatter: (at) => `${at.value.toLocaleString("zh-CN")}  ${chart.notes[at.dataIndex]}` }
        : { show: false },
    })),
  };
}

function trend(chart) {
  return {
    grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: chart.labels, axisLabel: { ...quiet, hideOverlap: true }, axisTick: { show: false }, axisLine: line },
    yAxis: { type: "value", minInterval: 1, axisLabel: quiet, splitLine: line },
    series: chart.series.map((one, place) => ({
      type: place ? "line" : "bar", name: one.name, data: one.values, color: TONES[one.tone],
      barMaxWidth: 24, symbolSize: 6, lineStyle: { width: 2 },
    })),
  };
}

function draw(figure) {
  const chart = JSON.parse(figure.dataset.chart);
  if (chart.shape === "bars") figure.style.height = `${Math.max(120, chart.labels.length * 30 + 56)}px`;
  const drawn = echarts.init(figure, null, { renderer: "canvas" });
  drawn.setOption({
    animation: false,
    textStyle: words,
    legend: { show: chart.series.length > 1, top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 8, textStyle: words },
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" }, textStyle: words },
    ...(chart.shape === "trend" ? trend(chart) : bars(chart)),
  });
  drawn.on("click", (at) => { location.href = chart.series[at.seriesIndex].opens[at.dataIndex]; });
  new ResizeObserver(() => drawn.resize()).observe(figure);
  figure.dataset.drawn = "true";
}

document.fonts.load("12px 'Noto Sans SC'", "统计").finally(() => {
  for (const figure of document.querySelectorAll("[data-chart]")) {
    if (typeof echarts === "undefined") figure.hidden = true;
    else draw(figure);
  }
});
