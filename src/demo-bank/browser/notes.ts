// Words that the bank writes into a page and its script, too.

/** Somebody confirmed by the link: only the browser to which the authenticator returns can finish that. */
export const CONFIRMED_NOTE =
  "Confirmed in the authenticator. Go on where it returned to: only that page can finish this login. Nothing opened? Start again.";
