"use strict";
// Unpacks what Python packed (see report.py), and draws it. `about` says what lies where in the packed bytes.
(async () => {
  const about = JSON.parse(document.getElementById("about").textContent);
  const packed = Uint8Array.from(atob(document.getElementById("packed").textContent), (c) => c.charCodeAt(0));
  const bytes = await new Response(
    new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
  const colours = ["#1d4ed8", "#c2410c"];
  const dashes = [[6, 4], [2, 3], [10, 3, 2, 3]];  // of the setpoints that belong to a point
  const frames = { "6,4": "dashed", "2,3": "dotted", "10,3,2,3": "double" };  // the same in the legend
  const rows = about.rows, start = about.start, step = about.step;
  const times = Float64Array.from({ length: rows }, (_, i) => start + (i + 1) * step);

  const column = ({ at, low, scale }) => {
    const raw = new Int16Array(bytes, at, rows), values = new Array(rows);
    let sum = 0;
    for (let i = 0; i < rows; i++) {
      sum = (sum + raw[i]) & 0xffff;
      values[i] = sum === 0xffff ? null : low + sum * scale;
    }
    return values;
  };
  const text = new TextDecoder().decode(new Uint8Array(bytes, about.text));
  const decisions = JSON.parse(text);
  const runs = about.runs.map((run, number) => ({
    name: run.name, colour: colours[number], number,
    columns: Object.fromEntries(Object.entries(run.columns).map(([name, place]) => [name, column(place)])),
    decisions: decisions[number],
  }));

  const clock = (t) => new Date((t + about.zone) * 1000).toISOString().slice(0, 16).replace("T", " ");
  const show = (v, unit) => (v == null ? "–" : `${Math.abs(v) >= 100 ? v.toFixed(0) : v.toFixed(1)} ${unit}`);
  const [year, month, day, whole] = about.words.dates;
  const hours = [[3600 * 24 * 28, month, `\n${year}`, null, null, null, null, null, 1],
    [3600 * 24, day, `\n${year}`, null, null, null, null, null, 1],
    [60, "{HH}:{mm}", `\n${whole}`, null, `\n${day}`, null, null, null, 1]];
  const fmtDate = (template) => uPlot.fmtDate(template, { MMMM: about.words.months, MMM: about.words.months, WWWW: [], WWW: [] });
  const named = (name) => about.words.points[name] || name;
  const sync = uPlot.sync("season");
  const plots = [];
  let moving = false;
  const range = (min, max) => {
    if (moving) return;
    moving = true;
    for (const plot of plots) plot.setScale("x", { min, max });
    moving = false;
    document.getElementById("when").textContent = `${clock(min)} – ${clock(max)}`;
    document.getElementById("day").value = clock(min).slice(0, 10);
  };
  const width = () => Math.min(document.body.clientWidth - 50, 1050);
  const add = (id, height, series, data, extra = {}) => {
    const plot = new uPlot({
      width: width(), height, series: [{ label: about.words.time, value: (_, t) => (t == null ? "–" : clock(t)) }, ...series],
      tzDate: (t) => uPlot.tzDate(new Date((t + about.zone) * 1000), "Etc/UTC"), fmtDate,
      cursor: { sync: { key: sync.key }, drag: { x: true, y: false }, ...extra.cursor },
      hooks: { setScale: [(u, key) => key === "x" && range(u.scales.x.min, u.scales.x.max)], ...extra.hooks },
      axes: [{ values: hours }, { size: 62, ...extra.axis }], scales: extra.scales || {},
      legend: { markers: { dash: (u, i) => frames[u.series[i].dash] || "solid" } },
    }, data, document.getElementById(id));
    plots.push(plot);
    return plot;
  };
  const line = (label, stroke, unit, more = {}) => ({
    label, stroke, width: 1.5, value: (_, v) => show(v, unit), points: { show: false }, ...more });

  for (const [id, chart] of Object.entries(about.charts)) {
    const series = [], data = [times];
    for (const name of chart.once) {
      if (!runs[0].columns[name]) continue;
      series.push(line(named(name), "#a8a29e", chart.unit));
      data.push(runs[0].columns[name]);
    }
    for (const run of runs) {
      const mark = runs.length > 1 ? `${run.name}: ` : "";
      chart.each.forEach((name, number) => {
        if (!run.columns[name]) return;
        series.push(line(mark + named(name), run.colour, chart.unit, number ? { dash: dashes[(number - 1) % dashes.length], width: 1 } : {}));
        data.push(run.columns[name]);
      });
    }
    add(id, 230, series, data);
  }

  // what each actuator did, as bands: a row for each actuator and run, filled as far as it is open
  const bands = about.actuators.flatMap((name) => runs.map((run) => ({ name, run })));
  const tall = 22;
  const lately = ({ name, run }, t) => {
    const found = run.decisions.by[name];
    if (!found || !found.at.length) return null;
    let low = 0, high = found.at.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (start + found.at[middle] <= t) low = middle + 1; else high = middle;
    }
    if (!low) return null;
    return { at: start + found.at[low - 1], target: found.target[low - 1],
      rule: run.decisions.rules[found.rule[low - 1]], values: found.values ? found.values[low - 1] : "" };
  };
  const why = document.getElementById("why");
  const explain = (t) => {
    why.replaceChildren(...bands.map((band) => {
      const row = document.createElement("tr"), cause = lately(band, t);
      const index = Math.min(Math.max(Math.round((t - start) / step) - 1, 0), rows - 1);
      const cells = [band.name, show(band.run.columns[band.name][index], "%"),
        cause ? `${cause.rule}${cause.values ? ` (${cause.values})` : ""}, ${about.words.since} ${clock(cause.at)}` : about.words.nothing];
      for (const content of cells) row.appendChild(document.createElement("td")).textContent = content;
      row.firstChild.style.color = band.run.colour;
      return row;
    }));
    document.getElementById("moment").textContent = clock(t);
  };
  const draw = (u) => {
    const { ctx, bbox } = u, high = bbox.height / bands.length;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    bands.forEach(({ name, run }, number) => {
      const values = run.columns[name], top = bbox.top + number * high;
      ctx.fillStyle = number % (2 * runs.length) < runs.length ? "#f5f5f4" : "#ffffff";
      ctx.fillRect(bbox.left, top, bbox.width, high);
      const first = Math.max(u.valToIdx(u.scales.x.min) - 1, 0), last = Math.min(u.valToIdx(u.scales.x.max) + 1, rows - 1);
      const coarse = Math.max(Math.floor((last - first) / (bbox.width / 2)), 1);
      ctx.fillStyle = run.colour;
      for (let i = first; i <= last; i += coarse) {
        let most = 0;
        for (let j = i; j < Math.min(i + coarse, last + 1); j++) most = Math.max(most, values[j] || 0);
        if (!most) continue;
        const left = u.valToPos(times[i] - step, "x", true), right = u.valToPos(times[i] - step + coarse * step, "x", true);
        const size = (high - 4) * most / 100;
        ctx.fillRect(left, top + high - 2 - size, Math.max(right - left, 1), size);
      }
    });
    ctx.restore();
  };
  add("bands", bands.length * tall + 60, [{ show: false, label: "" }], [times, new Array(rows).fill(0)], {
    scales: { y: { range: [0, bands.length] } },
    axis: { size: Math.max(110, ...bands.map(({ name }) => 7 * name.length + 15)), grid: { show: false }, splits: () => bands.map((_, i) => i + 0.5), side: 3,
      values: () => bands.map((_, i) => bands[bands.length - 1 - i].name) },
    hooks: { drawAxes: [draw], setCursor: [(u) => u.cursor.left >= 0 && explain(u.posToVal(u.cursor.left, "x"))] },
    cursor: { points: { show: false }, y: false },
  });

  // the days: heat of each, a tap goes there
  const days = about.days;
  const perDay = new uPlot({
    width: width(), height: 170,
    series: [{ label: about.words.time, value: (_, t) => (t == null ? "–" : clock(t).slice(0, 10)) }, ...runs.map((run) => line(run.name, run.colour, about.daily.unit, {
      fill: `${run.colour}33`, paths: uPlot.paths.stepped({ align: 1 }) }))],
    tzDate: (t) => uPlot.tzDate(new Date((t + about.zone) * 1000), "Etc/UTC"), fmtDate,
    cursor: { drag: { x: false, y: false } }, axes: [{ values: hours }, { size: 62 }], scales: { y: { range: (u, low, high) => [0, high * 1.05 || 1] } },
  }, [days, ...runs.map((run) => about.daily.values[run.number])], document.getElementById("daily"));
  perDay.over.addEventListener("click", () => {
    const t = days[perDay.posToIdx(perDay.cursor.left)];
    range(t, t + 86400);
  });

  const end = times[rows - 1];
  const now = () => [plots[0].scales.x.min, plots[0].scales.x.max];
  const shift = (sign) => { const [a, b] = now(); range(a + sign * (b - a), b + sign * (b - a)); };
  const act = { whole: () => range(start, end), earlier: () => shift(-1), later: () => shift(1),
    week: () => { const [a] = now(); range(a, a + 7 * 86400); },
    one: () => { const [a] = now(); const day = Math.floor((a + about.zone) / 86400) * 86400 - about.zone; range(day, day + 86400); } };
  for (const [id, does] of Object.entries(act)) document.getElementById(id).addEventListener("click", does);
  document.getElementById("day").addEventListener("change", (event) => {
    const t = Date.parse(`${event.target.value}T00:00Z`) / 1000 - about.zone;
    if (t === t) range(t, t + 86400);
  });
  addEventListener("resize", () => { for (const plot of [...plots, perDay]) plot.setSize({ width: width(), height: plot.height }); });
  explain(start);
  range(...about.first);
  document.body.dataset.ready = "yes";
})().catch((error) => { document.getElementById("when").textContent = `This browser cannot show the plots: ${error}`; });
