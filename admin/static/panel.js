// What every page gains with JavaScript; without it everything still works.
"use strict";
document.documentElement.classList.add("has-js");

// Forms are sent once, however often the button is pressed.
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// What the server last wrote into a part that follows running work; scripts and people write into it as well.
const told = new WeakMap();

addEventListener("DOMContentLoaded", () => {
  for (const part of document.querySelectorAll("[data-refresh], [data-follows]")) told.set(part, part.innerHTML);
  // Letters used of a text with a limit, where it is short or nearly full; elsewhere the figure would only be in the way.
  for (const field of document.querySelectorAll("[maxlength]:not([data-plain])")) {
    if (field.type === "hidden" || field.type === "password" || field.maxLength > 4000) continue;
    const count = document.createElement("span");
    count.className = "count";
    const show = () => {
      const used = [...field.value].length;
      count.textContent = used && (field.maxLength <= 200 || used > 0.8 * field.maxLength) ? `${used} / ${field.maxLength}` : "";
    };
    field.addEventListener("input", show);
    field.after(count);
    show();
  }
  for (const field of document.querySelectorAll("[data-moment]")) moment(field);
  // "Choose all" for bulk work.
  for (const all of document.querySelectorAll("[data-all]")) {
    all.addEventListener("change", () => document.querySelectorAll(all.dataset.all).forEach((box) => { box.checked = all.checked; }));
  }
  // Filters apply as they are chosen.
  for (const select of document.querySelectorAll(".filters select")) select.addEventListener("change", () => select.form.requestSubmit());
  // Parts that tell of running work are fetched again until they say they are done.
  for (const part of document.querySelectorAll("[data-refresh]")) refresh(part);
});

// A date and time: in words under its field, and chosen from a calendar by whoever likes that better than typing.
function moment(field) {
  const words = Object.assign(document.createElement("span"), { className: "count" });
  const picker = Object.assign(document.createElement("input"), { type: "datetime-local", className: "picker", tabIndex: -1, ariaHidden: "true" });
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: field.dataset.moment });
  const two = (n) => n.padStart(2, "0");
  const read = () => {
    const found = field.value.trim().match(new RegExp(`^(?:${field.pattern})$`));
    return found ? `${found[1]}-${two(found[2])}-${two(found[3])}T${two(found[4])}:${found[5]}` : "";
  };
  const show = () => { const at = new Date(read()); words.textContent = Number.isNaN(at.getTime()) ? "" : inWords(at); };
  button.setAttribute("aria-label", `${field.dataset.moment}: ${field.labels[0].firstChild.textContent.trim()}`);
  button.addEventListener("click", () => { picker.value = read(); picker.showPicker(); });
  picker.addEventListener("change", () => {
    field.value = picker.value.replace("T", " ");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  picker.addEventListener("input", (event) => event.stopPropagation());
  field.addEventListener("input", show);
  field.after(picker, button);
  field.parentElement.after(words);
  show();
}

// By hand, as the pages write times themselves: Intl takes a fifth of a second to begin with on an old office PC.
function inWords(at) {
  const two = (n) => String(n).padStart(2, "0"), time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (document.documentElement.lang === "ko") {
    return `${at.getFullYear()}. ${at.getMonth() + 1}. ${at.getDate()}.(${"일월화수목금토"[at.getDay()]}) ${time}`;
  }
  const [day, month] = at.toDateString().split(" ");
  return `${day} ${at.getDate()} ${month} ${at.getFullYear()}, ${time}`;
}

async function refresh(part) {
  const seconds = Number(part.dataset.refresh);
  for (;;) {
    await new Promise((resume) => setTimeout(resume, seconds * 1000));
    if (document.hidden) continue;
    const answer = await fetch(part.dataset.from || location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) continue;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (!fresh) return location.reload();
    const goesOn = fresh.hasAttribute("data-refresh");
    for (const beside of document.querySelectorAll(`[data-follows="${part.id}"]`)) rewrite(beside, page.getElementById(beside.id));
    rewrite(part, fresh);
    if (!goesOn) return part.removeAttribute("data-refresh");
  }
}

// Only what changed: a reason that is being typed beside running work stays.
function rewrite(part, fresh) {
  if (!fresh || fresh.innerHTML === told.get(part)) return;
  told.set(part, fresh.innerHTML);
  part.replaceChildren(...fresh.childNodes);
}

// Keys: a link or button with data-key is pressed by that letter; "?" shows them. Not while typing.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")) return;
  if (event.key === "?") {
    const help = document.getElementById("keys");
    if (help) { help.open = !help.open; help.querySelector("summary").focus(); event.preventDefault(); }
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (target) { event.preventDefault(); target.focus(); if (!target.matches("textarea")) target.click(); }
});
