// What keeps a page's passkeys in tests: Chromium's own virtual authenticator, with the PRF extension, which answers every prompt at once
// as if its person had put a finger on it. It lives as long as the page.
import type { CDPSession, Page } from "playwright-core";

const OPTIONS = {
  protocol: "ctap2",
  ctap2Version: "ctap2_1",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
  hasPrf: true,
} as const;

export class VirtualPasskeys {
  readonly #page: Page;
  readonly #session: CDPSession;
  readonly #id: string;

  private constructor(page: Page, session: CDPSession, id: string) {
    this.#page = page;
    this.#session = session;
    this.#id = id;
  }

  static async of(page: Page): Promise<VirtualPasskeys> {
    const session = await page.context().newCDPSession(page);
    await session.send("WebAuthn.enable");
    const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options: OPTIONS });
    return new VirtualPasskeys(page, session, authenticatorId);
  }

  async count(): Promise<number> {
    const { credentials } = await this.#session.send("WebAuthn.getCredentials", { authenticatorId: this.#id });
    return credentials.length;
  }

  /** The page's next prompt ends as if its person had cancelled it: the virtual authenticator has no button for that. */
  async cancelNext(): Promise<void> {
    await this.#page.evaluate(() => {
      const { credentials } = navigator;
      credentials.get = async () => {
        Reflect.deleteProperty(credentials, "get");
        throw new DOMException("cancelled by the test", "NotAllowedError");
      };
    });
  }

  /** The person has deleted them all. */
  async lose(): Promise<void> {
    await this.#session.send("WebAuthn.clearCredentials", { authenticatorId: this.#id });
  }
}
