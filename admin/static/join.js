// The invitation stands after "#" in the link, so that no server log ever holds it; here it goes into the form.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("input[name=token]:not([type=hidden])");
  if (field && location.hash.length > 1) field.value = location.hash.slice(1);
});
