// What a page shows that only somebody who is signed in can use.
import { h } from "./dom.js";
import { t } from "./words.js";

export const signInFirst = (title) => [h("h1", {}, t(title)), h("p", {}, t("sign_in_first")), h("a", { class: "button main", href: "#/sign-in" }, t("sign_in"))];
