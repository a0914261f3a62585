// The poll composer: rows of options, the settings that a method has, the poll as a phone will show it, how many people are meant.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("composer"), phone = document.getElementById("phone");
  const english = document.documentElement.lang === "en";
  const text = (name) => (form.elements[name]?.value || "").trim();
  const either = (name) => (english && text(`${name}_en`)) || text(`${name}_ko`);
  const chosen = new WeakMap(); // a file field's picture, as a data address
  const make = (tag, kind, words) => Object.assign(document.createElement(tag), { className: kind, textContent: words || "" });

  const pictureOf = (file, hidden, keep) => {
    const address = (file && chosen.get(file)) || (hidden?.value && keep?.value !== "no" && `/v1/pictures/${hidden.value}/small`);
    return address ? Object.assign(document.createElement("img"), { src: address, alt: "" }) : null;
  };
  const named = (row, prefix, name) => row.querySelector(`[name="${prefix}option_${name}"]`);

  const show = () => {
    const top = pictureOf(form.elements.file, form.elements.picture, form.elements.keep);
    phone.querySelector(".phone-picture").replaceChildren(...(top ? [top] : []));
    phone.querySelector(".phone-title").textContent = either("title");
    phone.querySelector(".phone-about").textContent = either("about");
    const shown = [];
    for (const card of form.querySelectorAll("[data-question]")) {
      const prefix = `q${card.dataset.question}_`, list = document.createElement("ul");
      const picture = pictureOf(form.elements[`${prefix}file`], form.elements[`${prefix}picture`], form.elements[`${prefix}keep`]);
      for (const row of card.querySelectorAll(".option")) {
        const words = (english && named(row, prefix, "en").value.trim()) || named(row, prefix, "ko").value.trim();
        if (!words) continue;
        const item = document.createElement("li"), small = pictureOf(named(row, prefix, "file"), named(row, prefix, "picture"), named(row, prefix, "keep"));
        const cost = named(row, prefix, "cost");
        item.append(...(small ? [small] : []), make("span", "", words), ...(cost.value && !cost.hidden ? [make("small", "soft", cost.value)] : []));
        list.append(item);
      }
      const hint = form.elements[`${prefix}method`].selectedOptions[0].dataset.hint;
      shown.push(make("p", "phone-question", either(`${prefix}title`)), make("p", "phone-hint", hint), ...(picture ? [picture] : []), list);
    }
    phone.querySelector(".phone-questions").replaceChildren(...shown);
  };

  // Only what belongs to the chosen method and audience is in sight; nothing that was typed is lost.
  const sort = () => {
    for (const card of form.querySelectorAll("[data-question]")) {
      const method = form.elements[`q${card.dataset.question}_method`].value;
      for (const part of card.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(method);
    }
    const kind = form.elements.audience_kind.value;
    for (const part of form.querySelectorAll("[data-kind]")) part.hidden = !part.dataset.kind.split(" ").includes(kind);
  };

  let timer;
  const count = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const sent = new FormData(form);
      for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name);
      const answer = await fetch(form.dataset.audience, { method: "POST", body: new URLSearchParams(sent) }).catch(() => null);
      if (!answer || !answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("audience-count");
      if (fresh) document.getElementById("audience-count").replaceWith(fresh);
    }, 400);
  };

  const addRow = (list) => {
    const row = list.lastElementChild.cloneNode(true);
    for (const field of row.querySelectorAll("input, textarea, select")) {
      if (field.name.endsWith("option_keep")) field.replaceWith(Object.assign(document.createElement("input"), { type: "hidden", name: field.name }));
      else field.value = "";
    }
    row.querySelector("img")?.remove();
    row.querySelector("details").open = false;
    list.append(row);
    row.querySelector("[name$=option_ko]").focus();
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const list = button.closest("fieldset")?.querySelector(".options"), row = button.closest(".option");
    if (button.hasAttribute("data-add")) { event.preventDefault(); addRow(list); }
    else if (button.dataset.move === "-1") row.previousElementSibling?.before(row);
    else if (button.dataset.move === "1") row.nextElementSibling?.after(row);
    else if (button.hasAttribute("data-drop")) {
      if (list.children.length === 1) addRow(list);
      row.remove();
    } else return;
    if (button.isConnected) button.focus();
    show();
  });
  form.addEventListener("change", (event) => {
    const field = event.target;
    if (field.type === "file") {
      chosen.delete(field);
      if (field.files[0]) {
        const reader = new FileReader();
        reader.onload = () => { chosen.set(field, reader.result); show(); };
        reader.readAsDataURL(field.files[0]);
      }
    }
    sort();
    show();
    if (field.closest("#audience")) count();
  });
  form.addEventListener("input", show);
  sort();
  show();
  count();
});
