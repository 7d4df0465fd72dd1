// What tells a practice login from a relying party's, for whoever offers it and whoever signs it.

/** First field of what is signed; no deployment's SCHEME_NAME, so that no relying party takes the signature for one made for it. */
export const PRACTICE_SCHEME = "tally-practice";

/** In the place of a relying party's, which none can be registered by. */
export const PRACTICE_NAME = "Tally";

/** In the place of a relying party's: the nil UUID of RFC 9562, which none can be registered with. */
export const PRACTICE_UUID = "00000000-0000-0000-0000-000000000000";
