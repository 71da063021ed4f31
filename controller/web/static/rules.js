// The editor of rules.yaml: what is typed is checked by the controller's own checker, and applied when it is right.
"use strict";

import {
  EditorState, EditorView, HighlightStyle, autocompletion, bracketMatching, completionKeymap, defaultKeymap, drawSelection,
  highlightActiveLine, highlightActiveLineGutter, highlightSelectionMatches, history, historyKeymap, indentOnInput,
  indentUnit, keymap, lineNumbers, lintGutter, lintKeymap, searchKeymap, setDiagnostics, syntaxHighlighting, tags, yaml,
} from "./vendor/codemirror.js";

const settings = JSON.parse(document.getElementById("settings").textContent);
const { words, keys } = settings;
const byId = (id) => document.getElementById(id);
const area = byId("text"), state = byId("state"), findings = byId("findings");
const apply = byId("apply"), trial = byId("try"), beside = byId("beside");
let inForce = settings.inForce, running = "", names = [], checked = null, asked = 0, waiting, picture = null;

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--c1)" },
  { tag: tags.comment, color: "var(--faint)", fontStyle: "italic" },
  { tag: [tags.string, tags.content], color: "var(--text)" },
  { tag: [tags.number, tags.bool, tags.keyword], color: "var(--c2)" },
  { tag: tags.punctuation, color: "var(--faint)" },
]);
const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--card)" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "ui-monospace, 'SF Mono', Menlo, Consolas, 'Noto Sans Mono CJK KR', monospace", lineHeight: "1.55" },
  ".cm-gutters": { backgroundColor: "var(--inset)", color: "var(--faint)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 8%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--soft) !important" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--text)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-panels": { backgroundColor: "var(--inset)", color: "var(--text)" },
});

function complete(context) {
  const word = context.matchBefore(/[\w.]+/);
  if (!word && !context.explicit) return null;
  const known = new Set(names);
  const options = [...names.map((label) => ({ label, type: "variable" })),
    ...keys.filter((label) => !known.has(label)).map((label) => ({ label, type: "keyword" }))];
  return { from: word ? word.from : context.pos, options, validFor: /^[\w.]*$/ };
}

const view = new EditorView({
  parent: byId("editor"),
  state: EditorState.create({
    doc: area.value,
    extensions: [
      EditorView.cspNonce.of(document.querySelector("meta[name=nonce]").content),
      lineNumbers(), lintGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(),
      highlightActiveLineGutter(), highlightSelectionMatches(), indentUnit.of("  "), yaml(), syntaxHighlighting(colours),
      theme, autocompletion({ override: [complete] }), EditorState.readOnly.of(area.readOnly),
      EditorView.contentAttributes.of({ "aria-label": area.getAttribute("aria-label"), tabindex: "0" }),
      keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, ...searchKeymap, ...lintKeymap]),
      EditorView.updateListener.of((update) => { if (update.docChanged) changed(); }),
    ],
  }),
});
area.hidden = true;

const text = () => view.state.doc.toString();
const element = (tag, content, kind) => Object.assign(document.createElement(tag), { textContent: content, className: kind || "" });

function changed() {
  checked = null;
  if (apply) apply.disabled = beside.disabled = true;
  state.textContent = words.checking;
  clearTimeout(waiting);
  waiting = setTimeout(check, 500);
}

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  return [answer.status, await answer.json()];
}

async function check() {
  const mine = ++asked, rules = text();
  state.textContent = words.checking;
  try {
    const [status, found] = await send(`/api/rules/check?language=${document.documentElement.lang}`, { rules });
    if (mine !== asked) return;
    if (status !== 200) throw new Error(found.error);
    checked = rules;
    show(found);
  } catch (error) {
    if (mine === asked) state.textContent = `${words.failed} ${error.message}`;
  }
}

function show(found) {
  const wrong = found.errors.length;
  mark(found);
  findings.replaceChildren(list(found));
  if (!wrong) {
    names = found.words;
    sentences(found.sentences);
    paint(found.setpoints);
  }
  const same = text() === inForce;
  state.textContent = wrong ? words.wrong.replace("{n}", wrong) : same ? words.same : words.unsaved;
  if (apply) apply.disabled = beside.disabled = Boolean(wrong) || same;
  if (trial) trial.disabled = Boolean(wrong);
}

function place(item) {
  const line = view.state.doc.line(Math.min(Math.max(item.line, 1), view.state.doc.lines));
  const from = Math.min(line.from + Math.max(item.column - 1, 0), line.to);
  return { from, to: Math.max(line.to, from) };
}

function mark(found) {
  const all = [...found.errors.filter((e) => e.file !== "site.yaml").map((e) => [e, "error"]), ...found.findings.map((f) => [f, "warning"])];
  const marks = all.filter(([item]) => item.line).map(([item, severity]) => ({ ...place(item), severity, message: whole(item) }));
  view.dispatch(setDiagnostics(view.state, marks.sort((a, b) => a.from - b.from)));
}

const whole = (item) => [item.message, item.witness, item.suggestion].filter(Boolean).join(" · ");

function list(found) {
  if (!found.errors.length && !found.findings.length) return element("p", words.right, "good");
  const lines = document.createElement("ul");
  for (const [items, kind] of [[found.errors, "error"], [found.findings, "warning"]]) {
    for (const item of items) {
      const line = element("li", "", kind);
      if (item.line) line.append(goTo(item, words.line.replace("{n}", item.line)), " ");
      line.append(item.file === "site.yaml" ? `site.yaml: ${item.message}` : item.message);
      if (item.witness) line.append(element("small", item.witness));
      if (item.suggestion) line.append(element("em", item.suggestion));
      lines.append(line);
    }
  }
  return lines;
}

function goTo(item, label) {
  const button = element("button", label, "link");
  button.type = "button";
  button.addEventListener("click", () => {
    view.dispatch({ selection: { anchor: place(item).from }, effects: EditorView.scrollIntoView(place(item).from, { y: "center" }) });
    view.focus();
  });
  return button;
}

function sentences(items) {
  byId("sentences").replaceChildren(...items.map((item) => {
    const line = document.createElement("li");
    line.append(goTo({ line: item.line, column: 1 }, item.name), " ", item.text);
    return line;
  }));
}

function paint({ times, lines }) {
  picture?.destroy();
  picture = null;
  const style = getComputedStyle(document.documentElement), colour = (name) => style.getPropertyValue(name).trim();
  const shown = Object.entries(lines).filter(([, values]) => values.some((v) => v !== null));
  if (!shown.length) return;
  const clock = new Intl.DateTimeFormat("sv-SE", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: settings.zone });
  const axis = { stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  picture = new uPlot({
    width: byId("picture").clientWidth - 12, height: 220,
    series: [{ label: words.time, value: (u, t) => t == null ? "" : clock.format(new Date(t * 1000)) },
      ...shown.map(([label], index) => ({ label, stroke: colour(`--c${index % 8}`), width: 2, points: { show: false },
        value: (u, v) => v == null ? "–" : String(Number(v.toFixed(1))) }))],
    axes: [{ ...axis, size: 28, values: (u, splits) => splits.map((t) => clock.format(new Date(t * 1000))) }, { ...axis, size: 42 }],
    cursor: { drag: { x: false } },
  }, [times, ...shown.map(([, values]) => values)], byId("picture"));
}

apply?.addEventListener("click", async () => {
  if (checked !== text()) return;
  const rules = text();
  apply.disabled = true;
  state.textContent = words.checking;
  const [status, found] = await send(`/api/rules?language=${document.documentElement.lang}`, { rules });
  if (status === 200) {
    inForce = rules;
    state.textContent = words.applied;
    htmx.ajax("GET", "/rules/versions", { target: "#versions .versions, #versions .calm", swap: "outerHTML" });
  } else {
    state.textContent = found.error;
  }
});

beside?.addEventListener("click", async () => {
  if (checked !== text()) return;
  const rules = text();
  beside.disabled = true;
  state.textContent = words.checking;
  const [status, found] = await send(`/api/shadow?language=${document.documentElement.lang}`, { rules });
  if (status === 200) running = rules;
  state.textContent = status === 200 ? words.beside : found.error;
  beside.disabled = false;
});

trial?.addEventListener("click", async () => {
  trial.disabled = true;
  byId("trial").textContent = words.trying;
  const [, found] = await send("/api/rules/try", { rules: text(), days: 3 });
  byId("trial").textContent = found.report || found.error;
  trial.disabled = false;
});

byId("reset")?.addEventListener("click", () => {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: inForce } });
});

addEventListener("beforeunload", (event) => { if (!area.readOnly && ![inForce, running].includes(text())) event.preventDefault(); });

check();
