// The poll composer: the poll as a phone will show it, and how many confirmed residents the chosen districts have.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("composer"), phone = document.getElementById("phone"), count = document.getElementById("audience-count");
  const text = (name) => (form.elements[name]?.value || "").trim();
  const english = document.documentElement.lang === "en";
  const either = (name) => (english && text(`${name}_en`)) || text(`${name}_ko`);
  const show = () => {
    phone.querySelector(".phone-title").textContent = either("title");
    phone.querySelector(".phone-about").textContent = either("about");
    const questions = phone.querySelector(".phone-questions");
    questions.replaceChildren();
    for (let n = 1; n <= Number(form.elements.questions.value); n++) {
      const head = document.createElement("p");
      head.className = "phone-question";
      head.textContent = either(`q${n}_title`);
      const list = document.createElement("ul");
      for (const line of text(`q${n}_options`).split("\n").filter((one) => one.trim())) {
        const [korean, other] = line.split("|").map((part) => part.trim());
        const item = document.createElement("li");
        item.textContent = (english && other) || korean;
        list.append(item);
      }
      questions.append(head, list);
    }
    let people = 0;
    for (const box of form.querySelectorAll("[name=districts]:checked")) people += Number(box.dataset.count);
    count.textContent = people.toLocaleString();
  };
  form.addEventListener("input", show);
  show();
});
