// Bars by week, drawn as SVG in the page's colours; the table below it says the same to everybody.
/* global echarts */

const colour = (name) => {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};

function draw(place) {
  const values = JSON.parse(place.dataset.values);
  const chart = echarts.getInstanceByDom(place) ?? echarts.init(place, null, { renderer: "svg" });
  const ink = colour("--ink-2");
  const bar = (name, data, fill) => ({ name, data, type: "bar", stack: "week", barMaxWidth: 36, itemStyle: { color: fill } });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: "inherit", color: ink },
    grid: { left: 8, right: 8, top: 32, bottom: 8, containLabel: true },
    legend: { top: 0, right: 0, itemWidth: 10, itemHeight: 10, textStyle: { color: ink } },
    xAxis: { type: "category", data: values.labels, axisLabel: { color: ink, hideOverlap: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: colour("--line-strong") } } },
    yAxis: { type: "value", axisLabel: { color: ink, formatter: (value) => new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" }).format(value) }, splitLine: { lineStyle: { color: colour("--line") } } },
    series: [
      bar(place.dataset.due, values.due, colour("--swatch-blue")),
      { ...bar(place.dataset.promised, values.promised, colour("--swatch-violet")) },
    ],
  });
}

const all = () => document.querySelectorAll("[data-chart]").forEach(draw);
all();
document.body.addEventListener("htmx:afterSettle", all);
addEventListener("resize", () => document.querySelectorAll("[data-chart]").forEach((place) => echarts.getInstanceByDom(place)?.resize()));
new MutationObserver(all).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
