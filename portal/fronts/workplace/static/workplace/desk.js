"use strict";
// The picture at the desk by hand and by single keys: + - zoom, [ ] turn, 0 shows the whole page upright; the mouse drags it.
// Without this file the radios beside it and the arrow keys do the same.
const view = document.querySelector(".page-view");
const choose = (name, step) => {
  const all = [...document.getElementsByName(name)];
  const at = all.findIndex((one) => one.checked) + step;
  const next = name === "turn" ? all.at(at % all.length) : all[Math.min(Math.max(at, 0), all.length - 1)];
  if (next) next.checked = true;
};
const acts = {
  "+": () => choose("zoom", 1),
  "-": () => choose("zoom", -1),
  "]": () => choose("turn", 1),
  "[": () => choose("turn", -1),
  0: () => ["zoom", "turn"].forEach((name) => document.getElementsByName(name)[0]?.click()),
};
document.addEventListener("keydown", (event) => {
  const act = acts[event.key];
  if (!act || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.closest("input:not([type=radio]):not([type=checkbox]), select, textarea")) return;
  event.preventDefault();
  act();
});
let held = null;
view?.addEventListener("pointerdown", (event) => {
  if (event.pointerType !== "mouse" || event.button) return;
  event.preventDefault();
  view.focus({ preventScroll: true });
  view.setPointerCapture(event.pointerId);
  held = [event.clientX + view.scrollLeft, event.clientY + view.scrollTop];
});
view?.addEventListener("pointermove", (event) => held && view.scrollTo(held[0] - event.clientX, held[1] - event.clientY));
view?.addEventListener("lostpointercapture", () => (held = null));
