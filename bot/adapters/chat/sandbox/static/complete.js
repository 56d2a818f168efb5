/* Completion of commands: a list whose offers the server names. Without it, one types them. */
"use strict";
(() => {
  let asked = 0, timer, current = null, chosen = -1, offers = [];
  const parts = (area) => {
    const form = area.form;
    return { form, list: form.querySelector(".offers"), hint: form.querySelector("[data-hint]"), thread: form.elements.thread?.value ?? "" };
  };

  function close(area) {
    const { list } = parts(area);
    asked++;
    clearTimeout(timer);
    list.hidden = true;
    list.replaceChildren();
    offers = [];
    chosen = -1;
    area.removeAttribute("aria-activedescendant");
  }

  function hinted(area, text) {
    const { hint } = parts(area);
    hint.dataset.first ??= hint.innerHTML;
    hint.classList.toggle("usage", Boolean(text));
    if (text) hint.textContent = text; else hint.innerHTML = hint.dataset.first;
  }

  function choose(area, index) {
    const items = [...parts(area).list.children];
    chosen = (index + items.length) % items.length;
    items.forEach((item, number) => item.setAttribute("aria-selected", number === chosen));
    items[chosen]?.scrollIntoView({ block: "nearest" });
    if (items[chosen]) area.setAttribute("aria-activedescendant", items[chosen].id);
  }

  function take(area, index) {
    const offer = offers[index];
    if (!offer) return;
    const rest = area.value.slice(area.selectionStart);
    close(area); /* what was offered is stale now */
    area.value = offer.line + rest.trimStart();
    area.setSelectionRange(offer.line.length, offer.line.length);
    area.focus();
    ask(area, 0);
  }

  function show(area, answer) {
    const { list } = parts(area);
    offers = answer.offers;
    hinted(area, answer.usage && (answer.param ? `${answer.usage} · ${answer.param}` : answer.usage));
    list.replaceChildren(...offers.map((offer, index) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${index}`;
      item.setAttribute("role", "option");
      item.append(Object.assign(document.createElement("b"), { textContent: offer.label }));
      item.append(Object.assign(document.createElement("span"), { textContent: offer.hint }));
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(area, index); });
      return item;
    }));
    list.hidden = !offers.length;
    /* A command that is complete is sent by Enter: nothing is chosen for it until an arrow is used. */
    chosen = -1;
    area.removeAttribute("aria-activedescendant");
    const typed = area.value.slice(0, area.selectionStart);
    if (offers.length && !answer.usage && typed !== offers[0].label) choose(area, 0);
  }

  function ask(area, wait = 90) {
    clearTimeout(timer);
    const line = area.value.slice(0, area.selectionStart);
    if (!line.startsWith("/") || line.includes("\n")) { close(area); hinted(area, ""); return; }
    const mine = ++asked;
    timer = setTimeout(async () => {
      const query = new URLSearchParams({ text: line, channel: document.querySelector("#main").dataset.channel, thread: parts(area).thread, user: document.body.dataset.user });
      try {
        const response = await fetch(`/api/complete?${query}`);
        const answer = response.ok ? await response.json() : { offers: [] };
        if (mine === asked && document.activeElement === area) show(area, answer);
      } catch { if (mine === asked) close(area); }
    }, wait);
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-composer] textarea")) return;
    current = event.target;
    if (!CSS.supports("field-sizing", "content")) { current.style.height = "auto"; current.style.height = `${current.scrollHeight}px`; }
    ask(current);
  });
  document.addEventListener("focusout", (event) => { if (event.target.matches("[data-composer] textarea")) close(event.target); });
  document.addEventListener("keydown", (event) => {
    const area = event.target;
    if (!area.matches("[data-composer] textarea") || event.isComposing) return;
    const open = !parts(area).list.hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) { event.preventDefault(); choose(area, event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1); }
    else if (open && event.key === "Tab" && !event.shiftKey) { event.preventDefault(); take(area, Math.max(chosen, 0)); }
    else if (open && event.key === "Tab") close(area); /* so that Shift+Tab goes past the list */
    else if (open && event.key === "Escape") { event.preventDefault(); close(area); }
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      /* Who has typed all of an offer has no more use for it, also when the list is late. */
      if (open && chosen >= 0 && offers[chosen].line.trim() !== area.value.trim()) take(area, chosen);
      else { close(area); area.form.requestSubmit(); }
    }
  });
})();
