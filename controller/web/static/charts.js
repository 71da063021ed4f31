// Draws /api/history with uPlot: values with the setpoints around them, lanes of the actuators, marks, and the sun.
"use strict";

const settings = JSON.parse(document.getElementById("settings").textContent);
const { words, units, labels, bands, zone } = settings;
const byId = (id) => document.getElementById(id);
const box = byId("chart"), laneBox = byId("lanes"), markLine = byId("mark"), title = byId("chart-title");
const phone = matchMedia("(max-width: 40rem)");
const AXIS = 52, LANE = 34;

const query = new URLSearchParams(location.search);
let length = Number(query.get("length")) || 86400;
let end = Number(query.get("to")) || null; // null: up to now, and on with it
let zooms = [];
let data = null, chart = null, lanes = null, asked = 0;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const faded = (name, part) => `color-mix(in srgb, ${colour(name)} ${part}%, transparent)`;
const checked = (name) => [...document.querySelectorAll(`#choice [name=${name}]:checked`)].map((box) => box.value);
// Swedish writes dates as ISO 8601 does, which everybody reads alike
const local = (options) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, hourCycle: "h23", ...options });
const CLOCK = local({ hour: "2-digit", minute: "2-digit" });
const FULL = local({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
const at = (form, seconds) => form.format(new Date(seconds * 1000));

async function load() {
  const mine = ++asked, points = checked("point"), actuators = checked("actuator");
  const parts = new URLSearchParams({
    from: -length, points: points.join(","), actuators: actuators.join(","), language: settings.language,
  });
  if (end) parts.set("to", end);
  try {
    const answer = await fetch(`/api/history?${parts}`);
    if (!answer.ok) throw new Error(answer.status);
    const found = await answer.json();
    if (mine !== asked) return;
    data = found;
    draw(points, actuators);
  } catch {
    title.textContent = words.failed;
  }
}

function draw(points, actuators) {
  title.textContent = `${at(FULL, data.start)} – ${at(FULL, data.end)}`;
  for (const button of document.querySelectorAll("[data-range]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.range) === length && !zooms.length));
  }
  const xs = [];
  for (let t = data.start; t < data.end; t += data.step) xs.push(t);
  chart?.destroy();
  lanes?.destroy();
  chart = lanes = null;
  const empty = !points.some((name) => data.points[name].mean.some((value) => value !== null));
  if (empty) title.textContent += ` · ${words.nothing}`;
  const shown = scalesOf(points);
  chart = new uPlot(chartOptions(points, shown), [xs, ...columnsOf(points)], box);
  if (actuators.length) {
    const columns = actuators.map((name, lane) => data.actuators[name].map((value) => value === null ? null : lane + value / 100 * .6));
    lanes = new uPlot(laneOptions(actuators, shown), [xs, ...columns], laneBox);
  }
  summarise(points);
  links(points, actuators);
  box.dataset.drawn = String(asked); // for tests: what was asked for stands there
}

const scaleOf = (name) => units[name] || "–";
const scalesOf = (points) => [...new Set(points.map(scaleOf))];
const around = (name) => byId("setpoints").checked && bands[name] ? bands[name] : { low: [], high: [] };
const tone = (index) => `--c${index % 8}`;

// One point is: its mean, its lowest and highest where a step has several minutes, and the setpoints around it.
function columnsOf(points) {
  return points.flatMap((name) => {
    const { mean, low, high } = data.points[name];
    const band = around(name);
    const setpoints = [...band.low, ...band.high].map((setpoint) => data.setpoints[setpoint] || mean.map(() => null));
    return data.step > 60 ? [mean, low, high, ...setpoints] : [mean, ...setpoints];
  });
}

function chartOptions(points, shown) {
  const series = [{ label: words.time, value: (u, value) => value == null ? "" : at(FULL, value) }], fills = [];
  points.forEach((name, index) => {
    const scale = scaleOf(name), unit = units[name] || "", paint = tone(index);
    const value = (u, v) => v == null ? "–" : `${round(v)} ${unit}`;
    series.push({ label: labels[name], scale, stroke: colour(paint), width: 2, value, points: { show: false } });
    if (data.step > 60) {
      const edge = { scale, stroke: "transparent", width: 0, points: { show: false }, value: () => "" };
      series.push({ ...edge, label: "" }, { ...edge, label: "" });
      fills.push({ series: [series.length - 1, series.length - 2], fill: faded(paint, 16) });
    }
    const band = around(name), first = series.length;
    for (const setpoint of [...band.low, ...band.high]) {
      series.push({ label: labels[setpoint], scale, stroke: faded(paint, 70), width: 1.2, dash: [5, 4], value, points: { show: false } });
    }
    if (band.low.length && band.high.length) {
      fills.push({ series: [first + band.low.length, first], fill: faded(paint, 8) });
    }
  });
  const scales = { x: { time: true, range: [data.start, data.end] } };
  for (const scale of shown) scales[scale] = { range: (u, low, high) => low == null ? [0, 1] : uPlot.rangeNum(low, high, .08, true) };
  const axes = [timeAxis()];
  shown.slice(0, phone.matches ? 2 : 3).forEach((scale, index) => axes.push({
    scale, side: index ? 1 : 3, size: AXIS, stroke: colour("--faint"), font: "12px system-ui",
    grid: { show: index === 0, stroke: colour("--line"), width: 1 }, ticks: { show: false },
    values: (u, splits) => splits.map((v) => `${round(v)}`), label: scale === "–" ? undefined : scale, labelSize: 18, labelFont: "12px system-ui",
  }));
  return {
    width: inner(box), height: phone.matches ? 260 : 380, series, bands: fills, scales, axes,
    cursor: { sync: { key: "time" }, drag: { x: true, y: false, setScale: false }, focus: { prox: 24 } },
    focus: { alpha: .35 },
    legend: { live: true }, tzDate: (t) => uPlot.tzDate(new Date(t * 1000), zone),
    hooks: { drawClear: [sky], draw: [drawMarks], setSelect: [zoom], setCursor: [tellMark], ready: [quietLegend] },
  };
}

function laneOptions(actuators, shown) {
  const right = Math.max(0, Math.min(shown.length, phone.matches ? 2 : 3) - 1) * (AXIS + 18);
  const series = [{}];
  actuators.forEach((name, lane) => series.push({
    label: labels[name], scale: "lane", stroke: colour("--accent"), fill: faded("--accent", 28), width: 1.4,
    fillTo: () => lane, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false },
  }));
  return {
    width: inner(laneBox), height: actuators.length * LANE + 34, series, padding: [4, right, 0, 0],
    scales: { x: { time: true, range: [data.start, data.end] }, lane: { range: [0, actuators.length] } },
    axes: [timeAxis(), { scale: "lane", size: AXIS + 18, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false },
      splits: () => actuators.map((_, lane) => lane), values: () => [] }],
    cursor: { sync: { key: "time" }, drag: { x: true, y: false, setScale: false }, points: { show: false } },
    legend: { show: false }, tzDate: (t) => uPlot.tzDate(new Date(t * 1000), zone),
    hooks: { draw: [(u) => nameLanes(u, actuators)], setSelect: [zoom], setCursor: [(u) => tellCause(u, actuators)] },
  };
}

function timeAxis() {
  return {
    stroke: colour("--faint"), font: "12px system-ui", grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, size: 30, space: 64,
    values: (u, splits, axis, space, step) => splits.map((t) => {
      const clock = at(CLOCK, t);
      return step >= 86400 || clock === "00:00" ? at(FULL, t).slice(5, 10) : clock;
    }),
  };
}

// Night is shaded, and the sun's way over the day is an arc at the foot of the chart.
function sky(u) {
  const { ctx, bbox } = u;
  const edge = (t) => Math.min(Math.max(u.valToPos(t, "x", true), bbox.left), bbox.left + bbox.width);
  if (!data.sun.length || data.end - data.start < 4 * 3600) return; // an hour of an arc is a line that says nothing
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = colour("--night");
  let dark = data.start;
  for (const [rise, set] of [...data.sun, [data.end, data.end]]) {
    const from = edge(dark), to = edge(rise);
    if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height);
    dark = set;
  }
  ctx.strokeStyle = faded("--sun", 75);
  ctx.lineWidth = 1.5 * devicePixelRatio;
  for (const [rise, set] of data.sun) {
    const from = u.valToPos(rise, "x", true), to = u.valToPos(set, "x", true);
    ctx.beginPath();
    ctx.ellipse((from + to) / 2, bbox.top + bbox.height, Math.abs(to - from) / 2, bbox.height * .3, 0, Math.PI, 2 * Math.PI);
    ctx.stroke();
  }
  ctx.restore();
}

function drawMarks(u) {
  const { ctx, bbox } = u;
  ctx.save();
  for (const mark of data.marks) {
    if (mark.kind === "cause") continue;
    const x = u.valToPos(mark.at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const raised = mark.kind === "alarm" && mark.state === "raised";
    ctx.strokeStyle = ctx.fillStyle = colour(mark.kind === "alarm" ? (raised ? "--red" : "--faint") : "--c1");
    ctx.globalAlpha = mark.kind === "alarm" ? .9 : .55;
    const size = (mark.kind === "alarm" ? 5 : 3) * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top + 2 * size);
    ctx.lineTo(x - size, bbox.top);
    ctx.lineTo(x + size, bbox.top);
    ctx.fill();
    if (raised) {
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([4, 4]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
  }
  ctx.restore();
}

function nameLanes(u, actuators) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px system-ui`;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  actuators.forEach((name, lane) => {
    const y = u.valToPos(lane + .97, "lane", true);
    ctx.fillStyle = colour("--text");
    ctx.fillText(labels[name], bbox.left + 6 * devicePixelRatio, y);
    ctx.fillStyle = faded("--accent", 90);
    for (const mark of data.marks) {
      if (mark.kind !== "cause" || mark.subject !== name) continue;
      const x = u.valToPos(mark.at, "x", true);
      if (x > bbox.left && x < bbox.left + bbox.width) ctx.fillRect(x, u.valToPos(lane, "lane", true) - 3, 1.5, 3);
    }
  });
  ctx.restore();
}

function tellMark(u) {
  if (u.cursor.left < 0) return;
  const time = u.posToVal(u.cursor.left, "x"), reach = (data.end - data.start) * 8 / u.bbox.width * devicePixelRatio;
  const near = data.marks.filter((mark) => mark.kind !== "cause" && Math.abs(mark.at - time) < reach);
  near.sort((a, b) => Math.abs(a.at - time) - Math.abs(b.at - time));
  markLine.textContent = near.length ? `${at(CLOCK, near[0].at)} · ${near[0].subject}: ${near[0].text}` : "\u00a0";
}

function tellCause(u, actuators) {
  if (u.cursor.left < 0 || !(u.cursor.top >= 0)) return;
  const name = actuators[Math.floor(u.posToVal(u.cursor.top, "lane"))], time = u.posToVal(u.cursor.left, "x");
  const cause = data.marks.findLast((mark) => mark.kind === "cause" && mark.subject === name && mark.at <= time);
  if (cause) markLine.textContent = `${at(CLOCK, cause.at)} · ${labels[name]}: ${cause.text}`;
}

// A legend of the lowest and highest of every line would say nothing: only named lines stay.
function quietLegend(u) {
  u.root.querySelectorAll(".u-series").forEach((row, index) => {
    if (index && !u.series[index].label) row.hidden = true;
  });
}

function zoom(u) {
  const { left, width } = u.select;
  if (width < 6) return;
  const from = u.posToVal(left, "x"), to = u.posToVal(left + width, "x");
  u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  narrow(from, to);
}

function narrow(from, to) {
  zooms.push([length, end]);
  length = Math.max(Math.round(to - from), 600);
  end = Math.round(from) + length;
  load();
}

function move(part) {
  end = Math.round((end || data.end) + part * length * .5);
  if (end >= settings.now && part > 0) end = null;
  load();
}

document.querySelector(".heading + .toolbar").addEventListener("click", (event) => {
  const { range, move: part, zoom: way } = event.target.dataset;
  if (range) {
    [length, end, zooms] = [Number(range), null, []];
    load();
  } else if (part) {
    move(Number(part));
  } else if (way === "in") {
    narrow(data.start + length / 4, data.end - length / 4);
  } else if (way === "out") {
    [length, end] = zooms.pop() || [Math.min(length * 2, 400 * 86400), end];
    load();
  }
});

byId("choice").addEventListener("change", load);
box.addEventListener("dblclick", () => document.querySelector("[data-zoom=out]").click());
addEventListener("resize", () => {
  chart?.setSize({ width: inner(box), height: phone.matches ? 260 : 380 });
  lanes?.setSize({ width: inner(laneBox), height: lanes.height });
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", load);
setInterval(() => { if (!end && !document.hidden) load(); }, 30000);

function inner(element) {
  return element.clientWidth - 12;
}

function round(value) {
  const size = Math.abs(value);
  return Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2));
}

function summarise(points) {
  const table = document.createElement("table"), head = table.createTHead().insertRow();
  for (const text of [words.point, words.low, words.mean, words.high, words.last]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = text;
    head.append(cell);
  }
  const rows = table.createTBody();
  points.forEach((name, index) => {
    const { mean, low, high } = data.points[name];
    const known = mean.filter((v) => v !== null), unit = units[name] || "";
    const row = rows.insertRow(), first = document.createElement("th");
    first.scope = "row";
    const dot = document.createElement("span");
    dot.className = "swatch";
    dot.style.background = colour(tone(index));
    first.append(dot, labels[name]);
    row.append(first);
    const least = Math.min(...low.filter((v) => v !== null)), most = Math.max(...high.filter((v) => v !== null));
    const values = known.length ? [least, known.reduce((a, b) => a + b, 0) / known.length, most, known.at(-1)] : [];
    for (let column = 0; column < 4; column++) {
      row.insertCell().textContent = values.length ? `${round(values[column])} ${unit}` : "–";
    }
  });
  byId("summary").replaceChildren(...(points.length ? [table] : []));
}

function links(points, actuators) {
  for (const link of document.querySelectorAll("[data-format]")) {
    const parts = { format: link.dataset.format, from: data.start, to: data.end, points: points.join(","), actuators: actuators.join(",") };
    link.href = `/api/export?${new URLSearchParams(parts)}`;
  }
}

load();
