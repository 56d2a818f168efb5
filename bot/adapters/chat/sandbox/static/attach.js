/* The file that goes along with a command. Without it, the list's address or its text will do. */
"use strict";
(() => {
  const MOST = 1 << 20; /* bytes, as on every platform */
  const parts = (form) => ({
    picked: form.querySelector("[data-file]"),
    line: form.querySelector("[data-attached]"),
    words: form.querySelector("[data-attached-name]"),
  });

  function keep(form, name, data) {
    form.elements.file_name.value = name;
    form.elements.file.value = data;
  }

  function tell(form, words) {
    const { line, words: said } = parts(form);
    line.hidden = !words;
    said.textContent = words;
  }

  function drop(form) {
    parts(form).picked.value = "";
    keep(form, "", "");
    tell(form, "");
  }

  async function take(form, file) {
    keep(form, "", "");
    if (!file) return tell(form, "");
    if (file.size > MOST || !file.size) return tell(form, `${file.name} is ${file.size ? "larger than 1 MiB" : "empty"}: not attached`);
    const reader = new FileReader();
    const read = new Promise((done) => { reader.onloadend = done; });
    reader.readAsDataURL(file);
    await read;
    if (reader.error) return tell(form, `${file.name} cannot be read: not attached`);
    keep(form, file.name, reader.result.slice(reader.result.indexOf(",") + 1));
    tell(form, `Attached: ${file.name}`);
    const area = form.elements.text;
    if (!area.value.trim()) area.value = "/feed import";
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  document.addEventListener("change", (event) => { if (event.target.matches("[data-file]")) take(event.target.form, event.target.files[0]); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-detach]");
    if (button) { drop(button.form); button.form.elements.text.focus(); }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (event.detail.successful && form.matches("[data-composer]")) drop(form);
  });
})();
