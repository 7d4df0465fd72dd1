// A reason not to start that the person at the keyboard can do something about.

/** The message is one line for that person: what is wrong, then what to do. */
export class StartFailure extends Error {}
