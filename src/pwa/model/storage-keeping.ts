// Whether the browser keeps the accounts for good. It may throw away what a site stores, when space runs out or when the site was not used
// for long, unless it promises not to; then nobody could sign with them any more. Asked for at enrolment and on the person's button.
import { isKeptForGood, keepForGood } from "../storage/accounts.ts";
import type { Model } from "./model.ts";

/** At every start: nobody is asked anything. */
export async function lookAtStorage({ store }: Model): Promise<void> {
  const kept = await isKeptForGood().catch(() => undefined);
  store.patch({ storage: kept === undefined ? undefined : kept ? "kept" : "loose" });
}

/** On something that the person did: some browsers ask them then. What it promises holds until the person takes it back. */
export async function askToKeepStorage({ store }: Model): Promise<void> {
  const kept = await keepForGood().catch(() => undefined);
  store.patch({ storage: kept === undefined ? undefined : kept ? "kept" : "refused" });
}
