/* The page's own script: live events, and what htmx does not do. Without it, links and forms work. */
"use strict";
(() => {
  const $ = (query, root = document) => root.querySelector(query);
  const $$ = (query, root = document) => [...root.querySelectorAll(query)];
  const root = document.documentElement;
  root.classList.add("js");

  /* Times in the reader's zone */
  const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat([], { day: "numeric", month: "short" });
  const full = new Intl.DateTimeFormat([], { dateStyle: "full", timeStyle: "long" });
  function localise(where) {
    for (const time of $$("time[datetime]:not([data-done])", where)) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const today = at.toDateString() === new Date().toDateString();
      time.textContent = today ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
      time.title = full.format(at);
      time.dataset.done = "";
    }
  }

  /* Errors and announcements */
  function toast(what, remedy) {
    const box = document.createElement("div");
    box.className = "toast";
    box.append(Object.assign(document.createElement("b"), { textContent: what }));
    box.append(Object.assign(document.createElement("p"), { textContent: remedy }));
    const close = Object.assign(document.createElement("button"), { className: "link", type: "button", textContent: "Close" });
    close.onclick = () => box.remove();
    box.append(close);
    $("[data-toasts]").append(box);
    setTimeout(() => box.remove(), 12000);
  }
  const announce = (text) => { $("[data-announcer]").textContent = text; };

  /* Messages: each is put where it belongs, or takes the place of its older self */
  const atEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  const toEnd = (log) => { log.scrollTop = log.scrollHeight; };
  const here = () => $("#main")?.dataset.channel ?? "";
  const thread = () => $("#thread")?.dataset.root ?? "";

  function home(message) {
    const { under, thread: of } = message.dataset;
    const above = under && document.getElementById(`m${under}`);
    if (above) return $(":scope > .body > .under", above);
    if (of) return of === thread() ? $("#replies") : null;
    return $("#main").hasAttribute("data-past") ? null : $("#log");
  }

  function place(message) {
    const old = document.getElementById(message.id);
    if (old) {
      if (Number(old.dataset.rev) >= Number(message.dataset.rev)) return null;
      const focused = old.contains(document.activeElement) ? document.activeElement : null;
      const label = focused?.textContent;
      $(":scope > .body > .under", message).replaceChildren(...$(":scope > .body > .under", old).children);
      old.replaceWith(message);
      if (focused && !message.contains(focused)) ($$("button, a", message).find((one) => one.textContent === label) ?? message).focus({ preventScroll: true });
      return "changed";
    }
    const list = home(message);
    if (!list) return null;
    const newer = $$(":scope > .msg", list).find((other) => Number(other.dataset.id) > Number(message.dataset.id));
    if (newer) newer.before(message); else list.append(message);
    const empty = $(":scope > .empty", list);
    if (empty) list.append(empty);
    return "fresh";
  }

  function upsert(fragment, mine) {
    const placed = [];
    for (const gone of $$("[data-gone]", fragment)) leave(gone.dataset.gone);
    for (const message of [...fragment.children].filter((one) => one.matches(".msg"))) {
      const log = home(message)?.closest(".log");
      const follow = log && (mine || atEnd(log));
      const how = place(message);
      if (!how) continue;
      localise(message);
      window.htmx?.process(message);
      message.classList.add(how);
      setTimeout(() => message.classList.remove(how), 1800);
      if (how === "fresh" && log) {
        if (follow && !message.closest(".under")) toEnd(log);
        else if (mine || follow) message.scrollIntoView({ block: "nearest" });
        else if (log.id === "log" && !message.dataset.under) $("[data-jump]").hidden = false;
      }
      if (mine && message.dataset.prefill) prefill(message.dataset.prefill, message.dataset.thread);
      placed.push(message);
    }
    return placed;
  }

  function leave(id) {
    const old = document.getElementById(`m${id}`);
    if (!old) return;
    if (old.contains(document.activeElement)) $("textarea", old.closest("#thread, #main"))?.focus();
    old.remove();
  }

  function prefill(line, of) {
    const area = $(of ? "#thread textarea" : "#main textarea");
    if (!area) return;
    area.value = line;
    area.focus();
    area.setSelectionRange(line.length, line.length);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function fragmentOf(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  }

  window.htmx?.defineExtension("upsert", {
    isInlineSwap: (style) => style === "upsert",
    handleSwap: (style, target, fragment) => {
      if (style !== "upsert") return false;
      upsert(fragment, true);
      return true;
    },
  });

  /* Live events: the browser reconnects by itself and says the last number it has seen */
  let stream, seen = Number(document.body.dataset.rev), lost = 0;
  function listen() {
    stream = new EventSource(`/events?after=${seen}`);
    stream.addEventListener("open", () => { lost = 0; connected(true); });
    stream.addEventListener("error", () => {
      connected(false);
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, Math.min(15000, 1000 * 2 ** lost++));
    });
    stream.addEventListener("message", (event) => { arrived(JSON.parse(event.data)); });
    stream.addEventListener("rooms", (event) => { badges(JSON.parse(event.data)); });
    stream.addEventListener("status", (event) => { told(JSON.parse(event.data)); });
  }
  function connected(yes) {
    const live = $("[data-status]");
    live.classList.toggle("away", !yes);
    if (!yes) { $("[data-line]", live).textContent = "reconnecting…"; live.dataset.next = ""; count(); }
  }
  function arrived(news) {
    seen = Math.max(seen, news.rev);
    if (news.gone) return leave(news.id);
    if (news.channel !== here()) return;
    const known = document.getElementById(`m${news.id}`);
    upsert(fragmentOf(news.html), false);
    if (!known && document.getElementById(`m${news.id}`) && news.author !== document.body.dataset.user) announce(news.notice);
    if (!news.thread) look();
  }
  const unread = (badge, n) => { badge.hidden = !n; $("[data-count]", badge).textContent = n; };
  function badges(rooms) {
    for (const [id, n] of rooms) {
      const link = $(`[data-room="${CSS.escape(id)}"]`);
      if (link) unread($("[data-unread]", link), id === here() && !document.hidden ? 0 : n);
      else return void window.htmx?.ajax("GET", location.pathname, { target: "#rail", select: "#rail", swap: "outerHTML" });
    }
    const all = rooms.reduce((sum, [id, n]) => sum + (id === here() ? 0 : n), 0);
    document.title = document.title.replace(/^\(\d+\) /, "").replace(/^/, all ? `(${all}) ` : "");
  }
  let looking;
  function look() { /* what stands on a visible page has been seen */
    if (document.hidden || !here()) return;
    clearTimeout(looking);
    looking = setTimeout(() => {
      const last = $$("#log > .msg").at(-1);
      if (!last) return;
      const body = new URLSearchParams({ csrf: document.body.dataset.csrf, message: last.dataset.id });
      fetch(`/c/${encodeURIComponent(here())}/seen`, { method: "POST", body }).catch(() => {});
    }, 400);
  }
  document.addEventListener("visibilitychange", look);

  /* What the bot is doing */
  function told(status) {
    const live = $("[data-status]");
    live.classList.toggle("trouble", status.state === "trouble");
    live.classList.remove("away");
    $("[data-line]", live).textContent = status.line ?? "ready";
    live.dataset.next = status.next_poll ?? "";
    count();
  }
  function count() {
    const live = $("[data-status]"), at = Date.parse(live.dataset.next), place = $("[data-countdown]", live);
    const seconds = Math.round((at - Date.now()) / 1000);
    const left = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
    const words = document.createElement("span");
    words.textContent = seconds <= 0 ? ", " : ", next poll in ";
    place.replaceChildren(...(Number.isNaN(at) ? [] : [words, seconds <= 0 ? "polling…" : left]));
  }
  setInterval(count, 1000);

  /* The thread pane */
  let opener = null;
  function threadChanged(focus) {
    document.body.classList.toggle("has-thread", Boolean(thread()));
    localise(document);
    const replies = $("#replies");
    if (replies) toEnd(replies);
    if (focus) $("[data-heading]")?.focus();
  }
  function closeThread() {
    const pane = $("#thread");
    if (!thread()) return;
    pane.replaceChildren();
    pane.dataset.root = "";
    pane.hidden = true;
    history.pushState(null, "", `/c/${encodeURIComponent(here())}`);
    threadChanged(false);
    (opener && document.getElementById(opener)?.querySelector("[data-open]") || $("#main textarea"))?.focus();
  }
  addEventListener("popstate", () => location.reload());

  /* The drawer, the theme, the user */
  function drawer(open) {
    $("#rail").classList.toggle("open", open);
    $("[data-menu]").setAttribute("aria-expanded", open);
    $("[data-veil]").hidden = !open;
    if (open) $("#rail a")?.focus();
  }
  const toggle = $("[data-theme-toggle]");
  toggle.hidden = false;
  toggle.onclick = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `newsthread_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  };

  document.addEventListener("click", (event) => {
    const to = (query) => event.target.closest?.(query);
    if (to("[data-menu]")) drawer(!$("#rail").classList.contains("open"));
    else if (to("[data-veil]") || to("[data-room]")) drawer(false);
    else if (to("[data-close]")) { event.preventDefault(); closeThread(); }
    else if (to("[data-jump]")) { toEnd($("#log")); to("[data-jump]").hidden = true; }
    else if (to("[data-open]")) opener = to(".msg").id;
    else if (to("[data-show]")) show(event, to("[data-show]").dataset.show);
  });
  function show(event, id) {
    const message = document.getElementById(`m${id}`);
    if (!message) return;
    event.preventDefault();
    message.scrollIntoView({ block: "center" });
    message.focus({ preventScroll: true });
    message.classList.add("shown");
    setTimeout(() => message.classList.remove("shown"), 2000);
  }
  document.addEventListener("change", (event) => { if (event.target.matches("[data-submit]")) event.target.form.submit(); });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, textarea, select");
    if (event.key === "/" && !typing) { event.preventDefault(); prefill("/", event.target.closest("#thread") ? thread() : ""); }
    else if (event.key === "Escape") { if ($("#rail").classList.contains("open")) { drawer(false); $("[data-menu]").focus(); } else closeThread(); }
  });
  document.addEventListener("scroll", (event) => { if (event.target.id === "log" && atEnd(event.target)) $("[data-jump]").hidden = true; }, true);

  /* htmx: what it brought, and what went wrong */
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    if (target.id === "main") { drawer(false); threadChanged(false); toEnd($("#log")); $("#main textarea")?.focus({ preventScroll: true }); }
    else if (target.id === "thread") threadChanged(true);
    else localise(document);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (event.detail.successful && form.matches("[data-composer]")) { form.reset(); $("textarea", form).dispatchEvent(new Event("input", { bubbles: true })); }
  });
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.elt.matches("[data-composer]") && !$("textarea", event.detail.elt).value.trim()) event.preventDefault(); });
  document.addEventListener("htmx:responseError", (event) => {
    let error = {};
    try { error = JSON.parse(event.detail.xhr.responseText).error ?? {}; } catch { /* not ours */ }
    toast(error.what ?? `The sandbox answered ${event.detail.xhr.status}.`, error.remedy ?? "Try again, or reload the page.");
  });
  document.addEventListener("htmx:sendError", () => toast("The sandbox cannot be reached.", "Is it still running? The page reconnects by itself; then try again."));

  localise(document);
  for (const log of $$(".log")) toEnd(log);
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView({ block: "center" });
  count();
  look();
  listen();
})();
