"use strict";
// What was typed into a form of an act and not sent yet stands there again after a reload or a fault, in this tab only.
// Without this file the form works as before. It keeps no file and no password, and drops all once somebody else signs in.
const owner = document.body.dataset.typedBy;
const shelf = `typed:${owner}:`;
const form = document.querySelector("form[data-typed]");
// Words about some rows of a list are about no others: their keys are part of where they are kept.
const keyOf = (one) => `${shelf}${new URL(one.action).pathname}?${one.dataset.typed.split(".").sort().join(".")}`;
const fields = (one) =>
  [...one.elements].filter((field) => field.name && !["hidden", "file", "password", "submit", "button"].includes(field.type));
// What the page showed of a field, where it is one of known values: the server compares with it what is sent.
const hiddenOf = (name) => [...form.elements].filter((one) => one.type === "hidden" && one.name === `initial-${name}`);
const shownOf = (name) => hiddenOf(name).map((one) => one.value);
const showAs = (name, values) => {
  hiddenOf(name).forEach((one) => one.remove());
  for (const value of values)
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: `initial-${name}`, value }));
};
const isAsShown = (box, value, checked, own, shown) =>
  box ? checked === shown.some((one) => one === own || (one === "True" && own === "on")) : value === (shown[0] || "");

for (const key of Object.keys(sessionStorage)) {
  // Sent, and its form does not stand here again: the server took it.
  const sent = sessionStorage.getItem(key).startsWith("sent");
  if (key.startsWith("typed:") && (!key.startsWith(shelf) || (sent && !(form && keyOf(form) === key)))) sessionStorage.removeItem(key);
}
if (form && owner) {
  const key = keyOf(form);
  const keep = (state) => {
    const values = fields(form).map((field) => [field.name, field.value, field.checked, shownOf(field.name)]);
    sessionStorage.setItem(key, state + JSON.stringify(values));
  };
  const shown = new Map(fields(form).map((field) => [field.name, shownOf(field.name)]));
  const kept = sessionStorage.getItem(key);
  if (kept && !form.querySelector("[aria-invalid]")) {
    const values = JSON.parse(kept.slice(4));
    let changed = false;
    fields(form).forEach((field, place) => {
      const [name, value, checked, before = []] = values[place] || [];
      if (name !== field.name) return;
      const box = ["checkbox", "radio"].includes(field.type);
      const isKnown = before.length || shownOf(name).length;
      if (isKnown && isAsShown(box, value, checked, field.value, before)) return; // what a colleague saved since stays
      if (box ? field.checked === checked : field.value === value) return;
      if (box) field.checked = checked;
      else field.value = value;
      if (isKnown) showAs(name, before);
      changed = true;
    });
    document.querySelector("[data-typed-note]").hidden = !changed;
  }
  form.addEventListener("input", () => keep("open"));
  form.addEventListener("submit", () => keep("sent"));
  document.querySelector("[data-typed-drop]").addEventListener("click", () => {
    sessionStorage.removeItem(key);
    form.reset();
    for (const [name, values] of shown) showAs(name, values);
    document.querySelector("[data-typed-note]").hidden = true;
  });
}
