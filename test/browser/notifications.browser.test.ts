// Notifications in browsers that have them, in those that have none, and on an iPhone, which has them on the home screen alone.
import { createECDH, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { identity } from "./support/identity.ts";
import { looksRight } from "./support/looks-right.ts";
import { otherWords } from "./support/other-words.ts";
import type { Person } from "./support/person.ts";
import { deliverPush, Notifications } from "./support/push.ts";
import { stage } from "./support/stage.ts";
import { windows } from "./support/windows.ts";

const here = stage();
const mari = windows(here, identity(0));
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
/** Nobody answers there, wherever the tests run: the server finds no such host. */
const NO_PUSH_SERVICE = "https://nobody.push.services.mozilla.com/wpush/v2/";

const said = ({ page }: Person): Promise<string> => page.locator("main").innerText();
const opensRow = ({ page }: Person, name: string | RegExp): Promise<void> => page.getByRole("button", { name }).click();

describe("notifications", () => {
  /** A browser with a push service of its own, which gives another address each time. */
  const withPushService = () => {
    const pair = createECDH("prime256v1");
    pair.generateKeys();
    const text = (bytes: Buffer) => bytes.toString("base64url");
    const keys = { endpoint: NO_PUSH_SERVICE, p256dh: text(pair.getPublicKey()), auth: text(randomBytes(16)) };
    return mari.open(({ endpoint, p256dh, auth }) => {
      let permission: PermissionState = "prompt";
      let [subscription, number]: [object | null, number] = [null, 0];
      Permissions.prototype.query = async () => ({ state: permission }) as PermissionStatus;
      Notification.requestPermission = async () => {
        permission = "granted";
        return "granted";
      };
      const bytes = (coded: string) =>
        Uint8Array.from(atob(coded.replaceAll("-", "+").replaceAll("_", "/")), (byte) => byte.charCodeAt(0));
      PushManager.prototype.getSubscription = async () => subscription as PushSubscription | null;
      PushManager.prototype.subscribe = async (options) => {
        const { applicationServerKey } = options as { applicationServerKey: Uint8Array<ArrayBuffer> };
        subscription = {
          endpoint: `${endpoint}${++number}`,
          options: { applicationServerKey: applicationServerKey.slice().buffer },
          getKey: (name: string) => bytes(name === "auth" ? auth : p256dh).buffer,
          unsubscribe: async () => {
            subscription = null;
            return true;
          },
        };
        return subscription as PushSubscription;
      };
    }, keys);
  };

  it("that are off are turned on, and a test says truthfully what became of it", async () => {
    const person = await withPushService();
    await person.sees("Notifications are off");
    await looksRight(person, "notifications-off");
    await person.presses("Settings");
    await opensRow(person, /^Notifications/);
    await person.sees("Notifications");
    await looksRight(person, "notifications-off-settings");
    await person.presses("Turn on notifications");
    await person.button("Send a test notification").waitFor();
    await looksRight(person, "notifications-on");
    const tests = async (words: RegExp): Promise<void> => {
      await person.presses("Send a test notification");
      await person.page.getByRole("status").getByText(words).waitFor();
    };
    await tests(/service for notifications did not answer/);
    await looksRight(person, "test-push-unreachable");
    await tests(/One test a minute/);
    const answers = async (outcome: string): Promise<void> => {
      here.network.interference = await otherWords(person, (body) => ("outcome" in body ? { outcome } : body));
    };
    await answers("gone");
    await tests(/was signed on again/);
    const { endpoint } = await person.page.evaluate(async () => {
      const { pushManager } = await navigator.serviceWorker.ready;
      return { endpoint: (await pushManager.getSubscription())?.endpoint };
    });
    expect(endpoint).toBe(`${NO_PUSH_SERVICE}2`);
    await looksRight(person, "test-push-gone");
    await answers("sent");
    await tests(/took the message/);
    await looksRight(person, "test-push-sent");
    await Notifications.record(person.page.context());
    await deliverPush(person.page.context(), here.url);
    await person.page.getByText(/^It arrived/).waitFor();
    await looksRight(person, "test-push-arrived");
    await person.presses("Back");
    await person.presses("Back");
    await person.sees(mari.name);
    expect(await said(person)).not.toContain("Notifications are off");
  });

  it("that a browser has none of are said to be missing, with what there is instead", async () => {
    const person = await mari.open(() => {
      Reflect.deleteProperty(globalThis, "PushManager");
    });
    await person.sees("No notifications in this browser");
    await person.page.getByText("Open Tally when a site asks you").waitFor();
    await looksRight(person, "notifications-unavailable");
    await person.presses("Settings");
    await opensRow(person, /^Notifications/);
    await person.button("Look again").waitFor();
    await looksRight(person, "notifications-unavailable-settings");
  });
});

describe("on an iPhone", () => {
  it("the way to the home screen is told before an account is made", async () => {
    const context = await here.context({ userAgent: IPHONE });
    const person = await here.person(identity(1), context);
    await person.open();
    await person.welcome().waitFor();
    await person.page.getByRole("listitem").filter({ hasText: "Add to Home Screen" }).waitFor();
    await looksRight(person, "iphone-welcome");
  });

  it("an account in the browser is told that it does not move to the home screen, where notifications are", async () => {
    const person = await mari.open((userAgent: string) => {
      Object.defineProperty(Navigator.prototype, "userAgent", { get: () => userAgent });
      Reflect.deleteProperty(globalThis, "PushManager");
    }, IPHONE);
    await person.sees("No notifications in this browser");
    await person.page.getByRole("listitem").filter({ hasText: "make a new account there" }).waitFor();
    await looksRight(person, "iphone-home");
    await person.presses("Settings");
    await opensRow(person, /^Notifications/);
    await person.sees("Notifications");
    await person.page.getByRole("heading", { name: "Choose “Add to Home Screen”" }).waitFor();
    await looksRight(person, "iphone-notifications");
  });
});
