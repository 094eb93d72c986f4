"use strict";
// Single keys: each presses a link or button, or goes into a box, that stands on the page anyway and names its key.
// Without this file everything works by Tab and Enter; the page leaves it out for whoever switched single keys off.
document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  // The one key that works inside a box and on a choice: it presses the button by which its form is sent, once.
  if (event.ctrlKey && event.key === "Enter") {
    const field = event.target.closest("input, select, textarea");
    if (!event.repeat) field?.form?.querySelector("button[data-key='Ctrl+Enter']")?.click();
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input:not([type=radio]):not([type=checkbox]), select, textarea")) return;
  const asked = [...document.querySelectorAll("[data-key]")].findLast((one) => one.dataset.key === event.key);
  if (!asked) return;
  event.preventDefault();
  if (asked.matches("input[type=search]")) {
    asked.focus();
    return;
  }
  const hash = asked.getAttribute("href") || "";
  const target = hash.startsWith("#") ? document.getElementById(hash.slice(1)) : null;
  if (!target) {
    asked.click();
    document.getElementById(asked.dataset.then)?.focus();
    return;
  }
  target.parentElement.closest("details:not([open])")?.setAttribute("open", "");
  // What a choice has put away is chosen by no key.
  if (!target.checkVisibility()) return;
  if (target.type === "radio") target.checked = true;
  if (target.tagName === "DETAILS") target.open = !target.open;
  (target.tagName === "DETAILS" ? target.querySelector("summary") : target).focus();
});
