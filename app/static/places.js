// Where somebody was before the app led them to sign in or to agree to something, and the way back there.
const ASIDE = /^#\/(sign-in.*|me)$/;
let wanted = "#/polls";

export function notePlace(hash) {
  if (!ASIDE.test(hash)) wanted = hash;
}

export const wantedPlace = () => wanted;

// Not history.back(): before the first page of the app lies another site. The page that is left drops out of the history.
export const goOn = () => location.replace(wanted);
