// What every page needs besides htmx: the dialog, the notice of a lost connection, and the service worker.
"use strict";

const dialog = document.getElementById("dialog");
const lost = document.getElementById("lost");
const toast = document.getElementById("toast");
let forgetting, missing;

function say(text) {
  toast.textContent = text;
  clearTimeout(forgetting);
  forgetting = setTimeout(() => { toast.textContent = ""; }, 4000);
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === toast) say(toast.textContent);
  if (event.detail.target !== dialog) return;
  const done = dialog.querySelector("[data-done]");
  if (done && done.classList.contains("good")) {
    say(done.textContent);
    dialog.close();
    if (done.dataset.done === "reload") setTimeout(() => location.reload(), 600);
  } else if (!dialog.open) {
    dialog.showModal();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]") || event.target === dialog) dialog.close();
});

// the clipboard is only there over https and on localhost; a selection can be copied everywhere
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    getSelection().selectAllChildren(source);
    document.execCommand("copy");
  }
  say(button.dataset.copied);
});

document.addEventListener("input", (event) => {
  const output = event.target.dataset && document.getElementById(event.target.dataset.output);
  if (output) output.textContent = `${event.target.value} %`;
});

// a stream that ends is opened again at once, and nobody need know of it
document.addEventListener("htmx:sseOpen", () => {
  clearTimeout(missing);
  missing = undefined;
  lost.hidden = true;
});
document.addEventListener("htmx:sseError", () => { missing ??= setTimeout(() => { lost.hidden = false; }, 3000); });
document.addEventListener("htmx:sendError", () => { lost.hidden = false; });

if ("serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.register("/worker.js").catch(() => {});
}
