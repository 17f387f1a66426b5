/* Comforts on top of pages that work without any of this. */
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("has-js");
  const english = root.lang.startsWith("en");
  const say = (zh, en) => (english ? en : zh);

  /* A form is sent once, however often its button is pressed. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.querySelectorAll("button[type=submit]").forEach((button) => button.classList.add("is-sent"));
  });
  /* The browser's back button brings the page as it was: let the form be sent again. */
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("[data-once]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll(".is-sent").forEach((button) => button.classList.remove("is-sent"));
    });
  });

  /* On a phone the bar of pages is wider than the screen: the page one is on stays in sight. */
  const bar = document.querySelector(".main-nav");
  const here = bar?.querySelector("[aria-current]");
  if (here) bar.scrollLeft = here.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;

  /* What is wrong is read out and in sight. */
  const lookAtProblems = () => document.getElementById("problems")?.focus();
  lookAtProblems();

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-back]")) history.back();
    if (event.target.closest("[data-print]")) window.print();
    document.querySelectorAll("details.person-menu[open], details.confirm[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.activeElement?.closest("details[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary")?.focus();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  /* A bar at the top while the hub works; an answer that never came is said, not swallowed. */
  const busy = document.getElementById("busy");
  const showMessage = (text) => {
    const place = document.getElementById("messages");
    const box = document.createElement("div");
    box.className = "message message-problem";
    box.setAttribute("role", "alert");
    box.textContent = text;
    place.replaceChildren(box);
    place.scrollIntoView({ block: "center" });
  };
  document.addEventListener("htmx:beforeRequest", () => busy?.classList.add("is-on"));
  document.addEventListener("htmx:afterRequest", () => busy?.classList.remove("is-on"));
  document.addEventListener("htmx:afterSettle", lookAtProblems);
  const lost = () =>
    showMessage(say("网络不通，没有提交成功。内容还在页面上，请稍后再试。", "No connection: nothing was sent. What you typed is still here; please try again."));
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);

  /* Nobody at the screen: the page closes itself. Somebody typing: the session stays awake. */
  let written = null;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[method=post]");
    if (form?.querySelector("[name=_by]")) written = form;
  });
  /* Signed out, with what was typed in the sign-in page, less passwords and files. */
  const leave = (token) => {
    const form = written?.isConnected ? written : document.body.appendChild(document.createElement("form"));
    form.querySelectorAll("[type=file], [type=password]").forEach((field) => (field.disabled = true));
    const more = { _path: form.getAttribute("action") || "/" };
    if (form !== written) more._csrf_token = token;
    for (const [name, value] of Object.entries(more)) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    form.setAttribute("method", "post");
    form.setAttribute("action", "/sign-in/keep");
    form.submit();
  };
  const minutes = Number(document.body.dataset.idleMinutes || 0);
  if (minutes) {
    let lastAct = Date.now();
    let lastCall = Date.now();
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];
    ["keydown", "pointerdown", "scroll"].forEach((kind) =>
      document.addEventListener(kind, () => (lastAct = Date.now()), { passive: true })
    );
    setInterval(() => {
      const now = Date.now();
      if (now - lastAct > minutes * 60000) {
        lastAct = now;
        leave(token);
      } else if (lastAct > lastCall && now - lastCall > 5 * 60000) {
        lastCall = now;
        fetch("/still-here", { method: "POST", headers: { "x-csrftoken": token } }).catch(() => {});
      }
    }, 20000);
  }
})();
