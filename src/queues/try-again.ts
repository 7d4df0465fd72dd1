// When a message of a queue comes again that could not be taken.

const FIRST_DELAY_SECONDS = 30;
/** The platform takes no more. */
const LONGEST_DELAY_SECONDS = 43_200;

/** A limited number of times (wrangler.toml); then it is a dead letter. */
export function tryAgain(message: Message): void {
  const delaySeconds = Math.min(FIRST_DELAY_SECONDS * 2 ** (message.attempts - 1), LONGEST_DELAY_SECONDS);
  message.retry({ delaySeconds });
}
