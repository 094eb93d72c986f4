"use strict";
// What was typed into a form of an act and not sent yet stands there again after a reload or a fault, in this tab only.
// Without this file the form works as before. It keeps no file and no password, and drops all once somebody else signs in.
const owner = document.body.dataset.typedBy;
const shelf = `typed:${owner}:`;
const form = document.querySelector("form[data-typed]");
const keyOf = (one) => shelf + new URL(one.action).pathname;
const fields = (one) =>
  [...one.elements].filter((field) => field.name && !["hidden", "file", "password", "submit", "button"].includes(field.type));

for (const key of Object.keys(sessionStorage)) {
  // Sent, and its form does not stand here again: the server took it.
  const sent = sessionStorage.getItem(key).startsWith("sent");
  if (key.startsWith("typed:") && (!key.startsWith(shelf) || (sent && !(form && keyOf(form) === key)))) sessionStorage.removeItem(key);
}
if (form && owner) {
  const key = keyOf(form);
  const keep = (state) => {
    const values = fields(form).map((field) => [field.name, field.value, field.checked]);
    sessionStorage.setItem(key, state + JSON.stringify(values));
  };
  const kept = sessionStorage.getItem(key);
  if (kept && !form.querySelector("[aria-invalid]")) {
    const values = JSON.parse(kept.slice(4));
    let changed = false;
    fields(form).forEach((field, place) => {
      const [name, value, checked] = values[place] || [];
      if (name !== field.name) return;
      const box = ["checkbox", "radio"].includes(field.type);
      if (box ? field.checked === checked : field.value === value) return;
      if (box) field.checked = checked;
      else field.value = value;
      changed = true;
    });
    document.querySelector("[data-typed-note]").hidden = !changed;
  }
  form.addEventListener("input", () => keep("open"));
  form.addEventListener("submit", () => keep("sent"));
  document.querySelector("[data-typed-drop]").addEventListener("click", () => {
    sessionStorage.removeItem(key);
    form.reset();
    document.querySelector("[data-typed-note]").hidden = true;
  });
}
