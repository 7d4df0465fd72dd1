// Device links: taken out of the address, opened with whose account it is, scanned; and nothing lost by a reload on the way.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { deployment, SELF_ASSERTED } from "./support/deployment.ts";
import { address, goTo, tabStorage } from "./support/page.ts";
import { type Answer, keyState, login, ok, testModel, type TestModel } from "./support/model.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { readLink, takeLink } from "../../src/pwa/model/arriving-link.ts";
import { arrive } from "../../src/pwa/model/device-links.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const TOKEN = "abcdefghijklmnopqrstuvwx";
const linkOf = (type: string, { base = `${address.origin}/device-link`, token = TOKEN, elapsed = 3 } = {}): string =>
  `${base}?deviceLinkType=${type}${type === "QR" ? `&elapsedSeconds=${elapsed}` : ""}&sessionToken=${token}` +
  `&sessionType=auth&version=1.0&lang=eng&authCode=${"A".repeat(43)}`;
const WEB = linkOf("Web2App");
const REFUSED = (code: string): Answer => ({ ok: false, failure: { code } as never });

const { claimed, listed } = login("t1", "DEMO");

/** The server's answers to the link, by account, in turn; the last one stays. Once it was opened, its request waits. */
function answering(model: TestModel, links: Readonly<Record<string, Answer[]>>): TestModel {
  const opened = new Set<string>();
  model.answer = (operation, id) => {
    if (operation === "listTransactions") return ok({ transactions: opened.has(id) ? [listed] : [] });
    if (operation !== "openDeviceLink") return ok(keyState());
    const answers = links[id] ?? [];
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (answer !== "unreachable" && answer.ok) opened.add(id);
    return answer;
  };
  return model;
}

const screenOf = ({ store }: TestModel) => store.screen;
const links = (model: TestModel): readonly unknown[] =>
  model.bodies.filter((body) => typeof body === "object" && body !== null && "link" in body);

beforeEach(() => {
  tabStorage.clear();
  goTo("/");
});

describe("a link in the address", () => {
  it("is taken out of it at once, byte for byte, and is there again after a reload until the server has answered", async () => {
    goTo(WEB);
    expect(takeLink(1000)).toEqual({ text: WEB });
    expect(address.href).toBe(`${address.origin}/`);
    expect(takeLink(2000)).toEqual({ text: WEB });
    const model = answering(testModel(), { a: [ok(claimed)] });
    await arrive(model, { text: WEB });
    expect(links(model)).toEqual([{ link: WEB }]);
    expect(screenOf(model)).toMatchObject({ name: "transaction", accountId: "a", claimed: { transactionId: "t1" } });
    expect(takeLink(3000)).toBeUndefined();
  });

  it("is not sent where it is a code: nobody is logged in by somebody else's code of this moment, made into a link", async () => {
    goTo(linkOf("QR"));
    const model = answering(testModel(), { a: [ok(claimed)] });
    await arrive(model, takeLink(Date.now())!);
    expect(screenOf(model)).toMatchObject({ name: "outcome", outcome: "link-to-scan" });
    expect(links(model)).toEqual([]);
    expect(tabStorage.size).toBe(0);
  });

  it("is not opened when its session must be over", () => {
    goTo(WEB);
    takeLink(1000);
    expect(takeLink(1000 + 3 * 60_000)).toBeUndefined();
    expect(tabStorage.size).toBe(0);
  });

  it.each(["null", "7", '{"text":5,"at":1}', '{"text":"x"}', "not JSON"])("is none where the tab keeps %s", (kept) => {
    tabStorage.set("tally-link", kept);
    expect(takeLink(1000)).toBeUndefined();
  });

  it.each([
    ["a character more", `${WEB}A`],
    ["what an advertiser added", `${WEB}&fbclid=1`],
    ["a fragment", `${WEB}#x`],
    ["another order", WEB.replace("&version=1.0&lang=eng", "&lang=eng&version=1.0")],
  ])("is not whole with %s, and the server is not asked", async (_, text) => {
    expect(readLink(text)).toBe("no-request");
    const model = testModel();
    await arrive(model, { text });
    expect(screenOf(model)).toMatchObject({ name: "outcome", outcome: "link-broken" });
    expect(links(model)).toEqual([]);
  });

  it.each(["https://tally.example/device-link", `${address.origin}.evil.example/device-link`, `${address.origin}/other`])(
    "is foreign with the base %s",
    (base) => expect(readLink(linkOf("QR", { base }))).toBe("foreign"),
  );
});

describe("whose account", () => {
  it("is asked where there are several, and again where the request is for another one", async () => {
    const model = answering(testModel(["a", "b", "c"]), { a: [REFUSED("not_for_this_account")], b: [ok(claimed)] });
    await arrive(model, { text: WEB });
    expect(screenOf(model)).toMatchObject({ name: "link-accounts", tried: [] });
    actionsOf(model).openLinkWith("a");
    await vi.waitFor(() => expect(screenOf(model)).toMatchObject({ name: "link-accounts", tried: ["a"] }));
    actionsOf(model).openLinkWith("b");
    await vi.waitFor(() => expect(screenOf(model)).toMatchObject({ name: "transaction", accountId: "b" }));
  });

  it("is nobody's in a browser without one, and going away from it forgets the link", async () => {
    goTo(WEB);
    const arrival = takeLink(Date.now());
    const model = testModel([]);
    await arrive(model, arrival!);
    expect(screenOf(model)).toMatchObject({ name: "no-account", enrolling: false, link: { sessionType: "auth" } });
    actionsOf(model).leave();
    expect(screenOf(model)).toMatchObject({ name: "welcome" });
    expect(tabStorage.size).toBe(0);
  });

  it("is not guessed from an enrolment: the server is asked, and the enrolment stays where it is", async () => {
    const model = testModel();
    model.answer = () => ok(keyState({ status: "identified" }));
    model.store.updateAccount("a", { state: keyState({ status: "identified" }) });
    await arrive(model, { text: WEB });
    expect(screenOf(model)).toMatchObject({ name: "no-account", enrolling: true });
    await model.accounts.refresh("a");
    expect(screenOf(model)).toMatchObject({ name: "no-account" });
    expect(model.store.account("a")?.state?.status).toBe("identified");
  });

  it("is the one that the person makes for it", async () => {
    deployment.about = SELF_ASSERTED;
    const model = answering(testModel([]), { a: [ok(claimed)] });
    await arrive(model, { text: WEB });
    actionsOf(model).startEnrolment();
    await vi.waitFor(() => expect(screenOf(model)).toMatchObject({ name: "identity" }));
    const state = keyState();
    model.store.patch({ accounts: [{ id: "a", owner: undefined, state, clockSkew: 0, waiting: [] }], selected: "a" });
    model.store.go({ name: "outcome", outcome: "account-active" });
    actionsOf(model).leave();
    await vi.waitFor(() => expect(screenOf(model)).toMatchObject({ name: "transaction" }));
  });
});

describe("a link on its way", () => {
  it("can be sent again where no server answers, and a reload knows with which account", async () => {
    goTo(WEB);
    const arrival = takeLink(Date.now())!;
    const model = answering(testModel(), { a: ["unreachable", ok(claimed)] });
    await arrive(model, arrival);
    expect(screenOf(model)).toMatchObject({ name: "link-opening", busy: false, problem: { kind: "unreachable" } });
    expect(takeLink(Date.now())).toEqual({ text: WEB, sentWith: "a" });
    actionsOf(model).retryLink();
    await vi.waitFor(() => expect(screenOf(model)).toMatchObject({ name: "transaction" }));
    expect(takeLink(Date.now())).toBeUndefined();
  });

  const settled = (outcome: Answer, received = true, token = TOKEN) => ({
    request: { requestId: "r", operation: "openDeviceLink", transactionId: token, oneTimePassword: "" } as const,
    received,
    outcome: outcome as Exclude<Answer, "unreachable">,
  });

  it("is opened once, though the page was reloaded under its answer", async () => {
    const model = answering(testModel(), {});
    const whole = { ...claimed, ...WHOLE };
    model.interrupted = settled(ok(whole));
    model.answer = (operation) => ok(operation === "listTransactions" ? { transactions: [listed] } : keyState());
    await arrive(model, { text: WEB, sentWith: "a" });
    expect(screenOf(model)).toMatchObject({ name: "transaction", claimed: whole });
    expect(links(model)).toEqual([]);
  });

  it("is not answered by what became of another link", async () => {
    const model = answering(testModel(), { a: [ok(claimed)] });
    model.interrupted = settled(REFUSED("forged_link"), true, "anotherlinkanotherlink00");
    await arrive(model, { text: WEB, sentWith: "a" });
    expect(screenOf(model)).toMatchObject({ name: "transaction", claimed: { transactionId: "t1" } });
    expect(links(model)).toEqual([{ link: WEB }]);
  });

  it("is refused with its own reason, though the page was reloaded under that", async () => {
    const model = answering(testModel(), {});
    model.interrupted = settled(REFUSED("forged_link"));
    await arrive(model, { text: WEB, sentWith: "a" });
    expect(screenOf(model)).toMatchObject({ name: "outcome", outcome: "link-forged" });
    expect(links(model)).toEqual([]);
  });

  it("is sent again when it never arrived", async () => {
    const model = answering(testModel(), { a: [ok(claimed)] });
    model.interrupted = settled(ok({}), false);
    await arrive(model, { text: WEB, sentWith: "a" });
    expect(links(model)).toEqual([{ link: WEB }]);
    expect(screenOf(model)).toMatchObject({ name: "transaction" });
  });

  it("stays in front when a list that is older than its answer comes after it", async () => {
    const model = testModel();
    const older = Promise.withResolvers<void>();
    let lists = 0;
    model.answer = async (operation) => {
      if (operation === "openDeviceLink") return ok(claimed);
      if (operation !== "listTransactions") return ok(keyState());
      if (lists++ > 0) return ok({ transactions: [listed] });
      await older.promise;
      return ok({ transactions: [] });
    };
    const refreshed = model.accounts.refresh("a");
    const arrived = arrive(model, { text: WEB });
    await new Promise((resolve) => setTimeout(resolve, 20));
    older.resolve();
    await Promise.all([refreshed, arrived]);
    expect(screenOf(model)).toMatchObject({ name: "transaction", claimed: { transactionId: "t1" } });
  });
});

describe("scanning", () => {
  const scanning = (answers: Answer[]): TestModel => {
    const model = answering(testModel(["a", "b"]), { a: answers, b: [ok(claimed)] });
    actionsOf(model).scan();
    return model;
  };
  const sees = async (model: TestModel, text: string): Promise<void> => {
    actionsOf(model).codeRead(text);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it.each([
    ["no code of ours", "https://example.com/", "no-request"],
    ["a code of another server", linkOf("QR", { base: "https://tally.example/device-link" }), "foreign"],
    // It would lead back to a page of the other device, in the name of whoever sees it here.
    ["a link for the device that shows it", WEB, "no-request"],
  ])("says of %s why it is none, asks no server, and goes on", async (_, text, remark) => {
    const model = scanning([ok(claimed)]);
    await sees(model, text);
    expect(screenOf(model)).toEqual({ name: "scan", accountId: "a", busy: false, remark });
    expect(links(model)).toEqual([]);
    await sees(model, linkOf("QR"));
    expect(screenOf(model)).toMatchObject({ name: "transaction", accountId: "a" });
  });

  it("goes on after a code that was too old, and does not send the same one twice", async () => {
    const model = scanning([REFUSED("stale_link"), ok(claimed)]);
    await sees(model, linkOf("QR", { elapsed: 3 }));
    await sees(model, linkOf("QR", { elapsed: 3 }));
    expect(screenOf(model)).toMatchObject({ name: "scan", remark: "stale" });
    expect(links(model)).toHaveLength(1);
    await sees(model, linkOf("QR", { elapsed: 4 }));
    expect(screenOf(model)).toMatchObject({ name: "transaction" });
  });

  it("asks once about a session that is over, however many codes its page draws", async () => {
    const model = scanning([REFUSED("no_such_link")]);
    for (const elapsed of [1, 2, 3]) await sees(model, linkOf("QR", { elapsed }));
    expect(screenOf(model)).toMatchObject({ name: "scan", remark: "over" });
    expect(links(model)).toHaveLength(1);
  });

  it("tries the same code again when no server was reached", async () => {
    const model = scanning(["unreachable", ok(claimed)]);
    await sees(model, linkOf("QR"));
    expect(screenOf(model)).toMatchObject({ name: "scan", remark: "unreachable" });
    await sees(model, linkOf("QR"));
    expect(screenOf(model)).toMatchObject({ name: "transaction" });
  });

  it("begins anew with the account that the request is for: its code is too old by then", async () => {
    const model = scanning([REFUSED("not_for_this_account")]);
    await sees(model, linkOf("QR"));
    expect(screenOf(model)).toMatchObject({ name: "link-accounts", tried: ["a"], rescan: true });
    actionsOf(model).openLinkWith("b");
    await vi.waitFor(() => expect(screenOf(model)).toEqual({ name: "scan", accountId: "b", busy: false }));
    await sees(model, linkOf("QR", { elapsed: 9 }));
    expect(screenOf(model)).toMatchObject({ name: "transaction", accountId: "b" });
  });

  it("ends with a request that was tampered with", async () => {
    const model = scanning([REFUSED("forged_link")]);
    await sees(model, linkOf("QR"));
    expect(screenOf(model)).toMatchObject({ name: "outcome", outcome: "link-forged" });
  });
});

/** What the server's description has besides. */
const WHOLE = {
  suite: "rsa",
  offer: {},
  transactionId: "0123456789012345678901",
  signatureAlgorithm: "rsassa-pss",
  hashAlgorithm: "SHA-512",
  schemeName: "smart-id",
  serverRandom: "",
} as const;
