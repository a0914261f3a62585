// Parts of a page that the server writes anew while a form is filled in: `data-live` says where, `data-watch` which part of the form.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("composer");
  for (const part of document.querySelectorAll("[data-live]")) {
    let timer, turn = 0;
    const write = () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const mine = ++turn;
        const answer = await fetch(part.dataset.live, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
        if (!answer || !answer.ok || answer.redirected || mine !== turn) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (mine === turn) part.replaceChildren(...page.body.childNodes);
      }, 300);
    };
    document.querySelector(part.dataset.watch).addEventListener("input", write);
  }
});
