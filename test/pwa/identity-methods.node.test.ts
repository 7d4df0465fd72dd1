// How a person proves who they are: only by what the deployment offers and the app knows, and a refusal is never the server's own words.
import { deployment, SELF_ASSERTED } from "./support/deployment.ts";
import { testModel, type TestModel } from "./support/model.ts";
import { words } from "./support/words.ts";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { assertIdentity, type openAccount } from "../../src/authenticator/enrolment.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { enrolmentOver, IDENTITY_METHODS } from "../../src/pwa/model/identity-methods.ts";
import type { Screen } from "../../src/pwa/model/state.ts";
import { IdentityMethods } from "../../src/pwa/views/identity-methods.tsx";
import { problemWords } from "../../src/pwa/views/notice.tsx";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/authenticator/enrolment.ts", async (original) => ({
  ...(await original<typeof import("../../src/authenticator/enrolment.ts")>()),
  openAccount: vi.fn<typeof openAccount>(async () => ({ ok: true, value: undefined })),
  assertIdentity: vi.fn<typeof assertIdentity>(),
}));
/** Until the test says that it is back. */
const network = vi.hoisted(() => ({ back: (): void => undefined, waits: 0, left: 0 }));
vi.mock("../../src/pwa/network-wait.ts", () => ({
  networkMayBeBack: (_: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      network.waits++;
      network.back = resolve;
      signal.addEventListener("abort", () => {
        network.left++;
        resolve();
      });
    }),
}));

const METHODS = { name: "identity-methods" };
const UNREACHABLE = { ...METHODS, problem: { kind: "unreachable" } };
const FORM = { givenName: "MARI", surname: "TAMM", country: "EE", personalCode: "48503140291", dateOfBirth: "" } as const;

let model: TestModel;
let actions: ReturnType<typeof actionsOf>;

beforeEach(() => {
  Object.assign(network, { waits: 0, left: 0 });
  Object.assign(deployment, { about: SELF_ASSERTED, asked: 0 });
  vi.mocked(assertIdentity).mockReset();
  model = testModel([]);
  model.store.go({ name: "welcome", canGoBack: false });
  actions = actionsOf(model);
});

const becomes = (screen: object) => vi.waitFor(() => expect(model.store.screen).toEqual(screen));
const offering = (...names: readonly string[]) => ({ methods: names.map((name) => ({ name, levels: [] })), operator: {} });

describe("whoever begins an account", () => {
  it("comes straight to the only method that there is", async () => {
    actions.startEnrolment();
    expect(model.store.screen).toEqual(METHODS);
    await becomes({ name: "identity", busy: false });
  });

  it("chooses where this app knows several of those that are offered, and each stands there once", async () => {
    const known = IDENTITY_METHODS as unknown as string[];
    known.push("another");
    deployment.about = offering("another", "self-asserted", "self-asserted", "yet-another");
    actions.startEnrolment();
    await becomes({ ...METHODS, methods: ["self-asserted", "another"] });
    known.pop();
    actions.chooseMethod("self-asserted");
    expect(model.store.screen).toEqual({ name: "identity", busy: false });
  });

  it.each([[[]], [["video"]], [["Self-Asserted", "constructor"]]])(
    "is told that nobody can where %j is offered, and can ask again",
    async (names) => {
      deployment.about = offering(...names);
      actions.startEnrolment();
      await becomes({ ...METHODS, methods: [] });
      const screen = model.store.screen as Screen & { name: "identity-methods" };
      const operator = { name: "Example", contact: "tel:+3721234567" };
      expect(words(IdentityMethods({ screen, state: { ...model.store.state, operator }, actions }))).toMatch(
        /no way to prove .* ask whoever runs the service.*Contact: +Example *, *\+3721234567/,
      );
      deployment.about = SELF_ASSERTED;
      actions.askMethods();
      await becomes({ name: "identity", busy: false });
    },
  );

  it.each([
    ["is away", undefined],
    ["says nothing of methods", {}],
    ["says more of them than there can be", offering(...Array.from({ length: 21 }, (_, index) => `m${index}`))],
    ["says too long a name", offering("x".repeat(41))],
    ["names an operator whose address runs a script", { ...SELF_ASSERTED, operator: { contact: "javascript:alert(1)" } }],
  ])("hears that the server cannot be reached where it %s, and goes on by themselves when it can", async (_, about) => {
    deployment.about = about;
    actions.startEnrolment();
    await becomes(UNREACHABLE);
    network.back();
    await vi.waitFor(() => expect(network.waits).toBe(2));
    expect(model.store.screen).toEqual(UNREACHABLE);
    deployment.about = SELF_ASSERTED;
    network.back();
    await becomes({ name: "identity", busy: false });
  });

  it("can go back meanwhile, and the server is asked no more", async () => {
    deployment.about = undefined;
    actions.startEnrolment();
    await becomes(UNREACHABLE);
    actions.leave();
    deployment.about = SELF_ASSERTED;
    await new Promise((resolve) => setTimeout(resolve));
    expect(model.store.screen).toEqual({ name: "welcome", canGoBack: false });
    expect(deployment.asked).toBe(0);
    expect(network).toMatchObject({ waits: 1, left: 1 });
  });

  it("is not taken away by an answer that comes after they went back", async () => {
    actions.startEnrolment();
    actions.leave();
    await vi.waitFor(() => expect(model.store.state.operator).toEqual({}));
    await new Promise((resolve) => setTimeout(resolve));
    expect(model.store.screen).toEqual({ name: "welcome", canGoBack: false });
  });

  it("hears with the method's form that the enrolment before is over", async () => {
    await enrolmentOver(model, "a");
    expect(model.store.screen).toEqual({ name: "identity", busy: false, problem: { kind: "enrolment-over" } });
  });
});

describe("an identity that is refused", () => {
  const refused = async (status: number, error?: { pointer: string; code: string }): Promise<void> => {
    actions.startEnrolment();
    await becomes({ name: "identity", busy: false });
    vi.mocked(assertIdentity).mockResolvedValue({ status, title: "Bad Request", detail: "English", ...(error && { error }) });
    actions.submitIdentity({ ...FORM, level: "QUALIFIED" });
  };

  it("because the method is not taken any more leads to those that are", async () => {
    await refused(403);
    await becomes({ name: "identity", busy: false, problem: { kind: "refused" } });
    deployment.about = offering();
    actions.submitIdentity({ ...FORM, level: "QUALIFIED" });
    await becomes({ ...METHODS, methods: [], problem: { kind: "refused" } });
  });

  it.each([
    ["#/surname", "too_big", "name"],
    ["#/personalCode", "wrong_check_digit", "personalCode-wrong_check_digit"],
    ["#/personalCode", "too_big", "personalCode-malformed"],
    ["#/dateOfBirth", "custom", "dateOfBirth-no_such_birth"],
  ])("because of %s (%s) says what is wrong with that field", async (pointer, code, reason) => {
    await refused(400, { pointer, code });
    await becomes({ name: "identity", busy: false, problem: { kind: "identity-refused", reason } });
  });

  it.each([400, 404, 409, 413, 500])(
    "with %i and without a field that a person could mend is to be tried again",
    async (status) => {
      await refused(status, { pointer: "constructor", code: "x" });
      await becomes({ name: "identity", busy: false, problem: { kind: "failed" } });
      expect(problemWords({ kind: "failed" })).toMatch(/Try again/);
    },
  );
});
