// What a page must never cause, in any test: an exception that nobody catches, a breach of its own content security policy, or
// anything else that a browser writes to the console as an error. Also keeps all that was said on the console.
import type { BrowserContext, ConsoleMessage, Worker } from "playwright-core";

/** What the browser says by itself of connections that broke. */
const NETWORK =
  /Failed to load resource: net::ERR_|WebSocket connection to .* failed|ERR_INTERNET_DISCONNECTED|error occurred when fetching the script/;

export class Violations {
  /** Everything that was written to the console, by pages and workers. */
  readonly said: string[] = [];
  readonly #found: string[] = [];
  readonly #allowed: RegExp[] = [];

  watch(context: BrowserContext): void {
    context.on("console", (message) => this.#note(message));
    context.on("weberror", (error) => this.#found.push(`exception: ${error.error().stack ?? String(error.error())}`));
    const worker = (found: Worker): void => void found.on("console", (message) => this.#note(message));
    context.on("serviceworker", worker);
    for (const found of context.serviceWorkers()) worker(found);
    context.on("page", (page) => page.on("crash", () => this.#found.push("the page crashed")));
  }

  /** For the test that runs, what belongs to its story. */
  allow(pattern: RegExp): void {
    this.#allowed.push(pattern);
  }

  allowNetworkErrors(): void {
    this.allow(NETWORK);
  }

  /** What was found since the last call. */
  take(): readonly string[] {
    const found = this.#found.splice(0).filter((text) => !this.#allowed.some((pattern) => pattern.test(text)));
    this.#allowed.length = 0;
    return found;
  }

  #note(message: ConsoleMessage): void {
    const text = `${message.type()}: ${message.text()} (${message.location().url})`;
    this.said.push(text);
    if (message.type() === "error" || /content security policy|trusted type/i.test(text)) this.#found.push(text);
  }
}
