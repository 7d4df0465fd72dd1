// How a person proves who they are: by a method that this deployment offers and this app has a screen for. It is asked each time: what was
// offered yesterday may not be today.
import type { RegistrationAbout } from "../../protocol/registration-about.ts";
import { networkMayBeBack } from "../network-wait.ts";
import type { Model } from "./model.ts";
import { askAbout } from "./operator.ts";
import type { Problem } from "./screen-parts.ts";

/** The methods that have a screen here, the best first. */
export const IDENTITY_METHODS = ["self-asserted"] as const;
export type IdentityMethod = (typeof IDENTITY_METHODS)[number];

/** Where there is one way it is gone at once. A server that does not answer is asked until it does. `problem`: said on the way's screen. */
export async function askMethods(model: Model, problem?: Problem): Promise<void> {
  const { store } = model;
  store.go({ name: "identity-methods" });
  const here = store.visit();
  for (let failures = 0; here(); failures++) {
    const about = await askAbout(model);
    if (!here()) return;
    if (about.ok) return offer(model, about.value, problem);
    store.stay({ name: "identity-methods", problem: { kind: "unreachable" } });
    const left = new AbortController();
    store.whenLeft(() => left.abort());
    await networkMayBeBack(failures, left.signal);
  }
}

function offer(model: Model, { methods: offered }: RegistrationAbout, problem: Problem | undefined): void {
  const methods = IDENTITY_METHODS.filter((known) => offered.some(({ name }) => name === known));
  const [only, ...others] = methods;
  if (only !== undefined && others.length === 0) return chooseMethod(model, only, problem);
  model.store.stay({ name: "identity-methods", methods, ...(problem && { problem }) });
}

export function chooseMethod({ store }: Model, method: IdentityMethod, problem?: Problem): void {
  switch (method) {
    case "self-asserted":
      return store.go({ name: "identity", busy: false, ...(problem && { problem }) });
  }
}

/** The server gave the enrolment up: after an hour it knows nothing of the account. */
export async function enrolmentOver(model: Model, accountId: string): Promise<void> {
  await model.accounts.forget(accountId);
  await askMethods(model, { kind: "enrolment-over" });
}
