"use strict";
const live = document.getElementById("live");
const lost = document.getElementById("lost");
const hand = document.getElementById("hand");
const form = hand.querySelector("form");

// a press that began on one picture must end on the same one, or the click is lost
let pressed = false;
addEventListener("pointerdown", () => { pressed = true; });
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { pressed = false; });

const source = new EventSource("/api/events");
source.onmessage = (event) => {
  lost.hidden = true;
  if (pressed) return;
  const state = JSON.parse(event.data);
  const focused = document.activeElement?.dataset.actuator;
  // the server has escaped every name and text in this markup
  live.innerHTML = state.html;
  if (focused) live.querySelector(`[data-actuator="${CSS.escape(focused)}"]`)?.focus();
  document.querySelector("#clock time").textContent = state.time.slice(0, 19).replace("T", " ");
};
source.onerror = () => { lost.hidden = false; };

async function ask(what, question) {
  const answer = await fetch(`/api/${what}`, {
    method: "POST",
    headers: {"content-type": "application/json"},
    body: JSON.stringify(question),
  });
  if (!answer.ok) alert((await answer.json()).error);
}

live.addEventListener("click", (event) => {
  const alarm = event.target.closest("[data-alarm]");
  if (alarm) return ask("acknowledge", {alarm: alarm.dataset.alarm});
  const actuator = event.target.closest("[data-actuator]");
  if (!actuator) return undefined;
  hand.dataset.actuator = actuator.dataset.actuator;
  hand.querySelector("h2").textContent = actuator.dataset.actuator;
  hand.querySelector(".cause").textContent = actuator.dataset.cause;
  form.value.step = actuator.dataset.kind === "position" ? 5 : 100;
  form.value.value = actuator.dataset.position;
  form.value.oninput();
  return hand.showModal();
});
form.value.oninput = () => { form.querySelector("output").textContent = `${form.value.value} %`; };

hand.addEventListener("close", () => {
  const actuator = hand.dataset.actuator;
  if (hand.returnValue === "override") {
    ask("override", {actuator, value: Number(form.value.value), seconds: Number(form.seconds.value)});
  } else if (hand.returnValue === "release") {
    ask("release", {actuator});
  }
  hand.returnValue = "";
});
