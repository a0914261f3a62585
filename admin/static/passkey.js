// A form with data-passkey asks the browser's authenticator before it is sent, and sends the answer along.
"use strict";
addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form[data-passkey]")) form.addEventListener("submit", (event) => ask(event, form));
});

async function ask(event, form) {
  if (form.elements.credential.value) return;
  event.preventDefault();
  const failed = form.querySelector("[data-failed]");
  failed.hidden = true;
  try {
    form.elements.credential.value = JSON.stringify((await answerOf(form)).toJSON());
    form.submit();
  } catch (error) {
    delete form.dataset.sent; // it may be sent again
    failed.hidden = false;
  }
}

function answerOf(form) {
  const options = JSON.parse(form.dataset.options);
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}
