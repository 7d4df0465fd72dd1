// Who runs the service, and the ways to them: known without a network, shown where words send a person there, and never a link of any other kind.
import { deployment, SELF_ASSERTED } from "./support/deployment.ts";
import { clearDatabase, stores } from "./support/database.ts";
import { testModel, type TestModel } from "./support/model.ts";
import { words } from "./support/words.ts";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { followOperator } from "../../src/pwa/model/operator.ts";
import { About } from "../../src/pwa/views/about.tsx";
import { Closed } from "../../src/pwa/views/ending.tsx";
import { OperatorContact, OperatorLink } from "../../src/pwa/views/operator.tsx";
import { actionsOf } from "../../src/pwa/model/actions.ts";

vi.stubGlobal("TALLY_VERSION", "0");
vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const OPERATOR = { name: "Example", contact: "mailto:help@example.ee", terms: "https://example.ee/terms/" };

let model: TestModel;

beforeEach(() => {
  clearDatabase();
  deployment.about = { ...SELF_ASSERTED, operator: OPERATOR };
  model = testModel();
});

describe("who runs the service", () => {
  it("is what the server says, and known at the next start without it", async () => {
    await followOperator(model);
    expect(model.store.state.operator).toEqual(OPERATOR);
    deployment.about = undefined;
    const next = testModel();
    await followOperator(next);
    expect(next.store.state.operator).toEqual(OPERATOR);
  });

  it("is forgotten when the server says nothing of it any more", async () => {
    await followOperator(model);
    deployment.about = SELF_ASSERTED;
    await followOperator(model);
    expect(model.store.state.operator).toEqual({});
    expect(stores.settings.get("operator")).toEqual({});
  });

  it.each([{ contact: "javascript:alert(1)" }, { name: "A\u202eB" }, "Example"])(
    "is not taken from storage where %j is kept",
    async (kept) => {
      stores.settings.set("operator", kept);
      deployment.about = undefined;
      await followOperator(model);
      expect(model.store.state.operator).toBeUndefined();
    },
  );
});

describe("a way to them", () => {
  const linked = (address: string) => OperatorLink({ address });

  it("opens a page in a tab that knows nothing of this one, and a letter or a call in none", () => {
    expect(linked("https://example.ee/terms/").props).toMatchObject({
      href: "https://example.ee/terms/",
      target: "_blank",
      rel: "noopener noreferrer",
      children: "example.ee/terms",
    });
    expect(linked("mailto:help@example.ee").props).toMatchObject({ href: "mailto:help@example.ee", children: "help@example.ee" });
    expect(linked("tel:+372-123").props).not.toHaveProperty("target");
  });

  it("is not promised where none is known", () => {
    expect(OperatorContact({ operator: undefined })).toBeNull();
    expect(OperatorContact({ operator: { name: "Example" } })).toBeNull();
    expect(words(OperatorContact({ operator: OPERATOR }))).toMatch(/^Contact: +Example *, *help@example.ee/);
  });

  it("stands on the screen that says what the app is, with their terms, or that they said nothing", () => {
    const about = (operator: object | undefined) =>
      words(About({ screen: { name: "about", build: undefined }, operator, actions: actionsOf(model) }));
    expect(about(OPERATOR)).toMatch(/Who runs this service.*Example.*Contact *help@example.ee.*Terms *example.ee\/terms/);
    expect(about({})).toMatch(/has not said here who they are/);
    expect(about(undefined)).not.toMatch(/Who runs this service/);
  });

  it("stands beside the end of an account that they closed, and of no other one", () => {
    const closed = (reason: "operator" | "owner") =>
      words(
        Closed({
          screen: { name: "closed", accountId: "a", reason },
          state: { ...model.store.state, operator: OPERATOR },
          actions: actionsOf(model),
        }),
      );
    expect(closed("operator")).toContain("help@example.ee");
    expect(closed("owner")).not.toContain("help@example.ee");
  });
});
