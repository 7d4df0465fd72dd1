// Which screens have a script of their own, and what is shown where it is not there yet. It is loaded when home is shown, so that it is
// there before anybody asks for it, also without a network and after another window's update.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { text } from "../language/text.ts";
import type { Screen } from "../model/state.ts";
import { Frame, PrimaryButton } from "./frame.tsx";
import type { SeldomContent } from "./seldom-screens.tsx";

const SELDOM = [
  "settings",
  "account-details",
  "notifications",
  "about",
  "change-pin",
  "add-keys",
  "changing-pin",
  "pin-changed",
  "passkey",
  "passkey-lost",
  "history",
  "history-entry",
  "disown",
  "practice",
  "scan",
  "delete-account",
  "closed",
] as const satisfies readonly Screen["name"][];
export type SeldomName = (typeof SELDOM)[number];

type Script = typeof import("./seldom-screens.tsx");

const script = signal<Script | "missing" | undefined>(undefined);
let loading: Promise<void> | undefined;

export const isSeldom = (name: Screen["name"]): name is SeldomName => SELDOM.some((seldom) => seldom === name);

/** Reading it while drawing makes the drawing follow it. */
export const seldomIsThere = (): boolean => typeof script.value === "object";

/** Never rejects. Where it did not arrive before, it is tried anew. */
export function loadSeldom(): Promise<void> {
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  try {
    script.value = await import("./seldom-screens.tsx");
  } catch {
    script.value = "missing";
    loading = undefined;
  }
}

export function Seldom({ screen, state, actions }: SeldomContent) {
  const there = script.value;
  useEffect(() => {
    void loadSeldom();
  }, []);
  if (typeof there === "object") return <there.SeldomScreen screen={screen} state={state} actions={actions} />;
  const missing = there === "missing";
  return (
    <Frame
      kind="loading"
      heading="Tally"
      back={{ name: text("app.back"), go: actions.leave }}
      actions={missing && <PrimaryButton onClick={actions.update}>{text("app.loadAnew")}</PrimaryButton>}
    >
      <p class={missing ? "problem" : "lead"} role={missing ? "alert" : "status"}>
        {text(missing ? "problem.reload" : "about.loading")}
      </p>
    </Frame>
  );
}
