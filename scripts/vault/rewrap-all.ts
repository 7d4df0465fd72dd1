// The job that brings everything under the current KEK: one order after the other, of some accounts each. What it did is in the server's
// index, and nothing here: stopped and run again, it goes on with what is left.
import { type Answer, MAXIMUM_REWRAP } from "../../src/protocol/operator-orders.ts";
import { giveOrder } from "../account/give-order.ts";
import type { Access } from "../account/operator-key.ts";
import { CommandFailure } from "../authenticator/command-failure.ts";
import type { Output } from "../authenticator/output.ts";

type Status = Answer<"vaultStatus">;
type Failed = Answer<"rewrap">["failed"][number];

const REASONS: Readonly<Record<Failed["reason"], string>> = {
  still_named: "something in it is used up within the hour, or is damaged: run this again in an hour",
  another_kek: "it runs in a version with another KEK_ID: finish the deployment, then run this again",
  unavailable: "its KEK could not be asked: look at the server's log, then run this again",
  unreachable: "its object did not answer: run this again",
};

/**
 * 1 where something is left. `target`: the KEK that the operator takes for the current one; a version that a deployment is about to replace
 * has another, and would bring everything back under it.
 */
export async function rewrapAll(target: string, access: Access, output: Output): Promise<0 | 1> {
  let done = 0;
  const left: Failed[] = [];
  for (const { id, accounts } of othersThan(target, await statusOf(access, target))) {
    const first = await pass(access, { kek: id, target }, (count) => output.note(`${id}: ${count} of ${accounts} accounts …`));
    done += first.done;
    if (first.failed.length === 0) continue;
    // Most of what fails does not fail twice.
    const second = await pass(access, { kek: id, target }, () => undefined);
    done += second.done;
    left.push(...second.failed);
  }
  // What accounts said meanwhile, and what they said of themselves that did not arrive yet.
  const named = othersThan(target, await statusOf(access, target));
  output.answer(report(target, { done, left, named }), { current: target, done, left, named });
  return left.length + named.length === 0 ? 0 : 1;
}

interface Outcome {
  readonly done: number;
  readonly left: readonly Failed[];
  readonly named: Status["uses"];
}

function report(target: string, { done, left, named }: Outcome): readonly string[] {
  const moved = `${done} accounts are under ${target} now`;
  if (left.length + named.length === 0) return [`${moved}; nothing names another KEK.`];
  return [
    left.length === 0 ? `${moved}.` : `${moved}, and ${left.length} are not:`,
    ...left.map(({ handle, reason }) => `${handle}  ${REASONS[reason]}`),
    ...named.map(
      ({ id, accounts, pooledShares }) =>
        `${accounts} accounts and ${pooledShares} pooled shares name ${id} still. Run this again in some minutes.`,
    ),
  ];
}

async function statusOf(access: Access, target: string): Promise<Status> {
  const status = await giveOrder(access, { kind: "vaultStatus" });
  if (status.current === target) return status;
  throw new CommandFailure(
    "another_kek",
    `The server has ${status.current} as the current KEK, and not ${target}: finish the deployment, then run this again.`,
  );
}

const othersThan = (target: string, { uses }: Status): Status["uses"] =>
  uses.filter(({ id, accounts, pooledShares }) => id !== target && accounts + pooledShares > 0);

/** Every account that names `kek`, once. */
async function pass(
  access: Access,
  keks: { readonly kek: string; readonly target: string },
  progress: (count: number) => void,
): Promise<{ done: number; failed: readonly Failed[] }> {
  let done = 0;
  const failed: Failed[] = [];
  let after = "";
  do {
    const step: Answer<"rewrap"> = await giveOrder(access, { kind: "rewrap", ...keks, after, limit: MAXIMUM_REWRAP });
    done += step.done;
    failed.push(...step.failed);
    progress(done + failed.length);
    if (step.failed.length > 0 && step.done === 0 && step.failed.every(({ reason }) => reason === "unavailable")) {
      throw new CommandFailure(
        "unavailable",
        `The KEKs cannot be asked: the server's log says why. ${done} accounts were re-wrapped.`,
        3,
      );
    }
    after = step.next;
  } while (after !== "");
  return { done, failed };
}
