// The person with a device: the same engine as `npm run authenticator`, with its state in a folder that goes with the demo.
import { join } from "node:path";
import { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { presentation, type Presentation } from "../../src/authenticator/presentation.ts";
import { approveTransaction, claimTransaction, listTransactions } from "../../src/authenticator/transactions.ts";
import type { Suite } from "../../src/account/purpose.ts";
import type { ShownTransaction } from "../../src/protocol/claimed-transaction.ts";
import { enrolAccount } from "../authenticator/enrolment.ts";
import { commandFailure } from "../authenticator/explain.ts";
import { withPin } from "../authenticator/pin-bytes.ts";
import { StateFile } from "../authenticator/state-file.ts";
import type { TestPerson } from "./test-person.ts";

export interface DemoDevice {
  /** The document number of the new account, and the suites of its keys: as many as the server makes. */
  enrol(): Promise<{ readonly documentNumber: string; readonly suites: readonly Suite[] }>;
  /** What the one request that waits shows to the person. */
  look(): Promise<Presentation>;
  /** Answers what was looked at with the right PIN. */
  approve(): Promise<void>;
  /** Answers it with a wrong one; the attempts that are left. */
  approveWrongly(): Promise<number>;
}

export function makeDevice(server: string, folder: string, { identity, pins }: TestPerson): DemoDevice {
  const client = new ChannelClient({ url: server, fetch }, new StateFile(join(folder, "authenticator.json"), server));
  let shown: ShownTransaction | undefined;

  const answer = (change: (pin: string) => string) => {
    if (shown === undefined) throw new Error("nothing was looked at");
    const transaction = shown;
    return withPin(change(pins[transaction.purpose]), (pin) => approveTransaction(client, transaction, pin));
  };

  return {
    enrol: () => enrolAccount(client, identity, pins, () => undefined),

    async look() {
      const listed = await listTransactions(client);
      if (!listed.ok) throw commandFailure(listed.failure);
      const [only] = listed.value;
      if (only === undefined || listed.value.length !== 1) throw new Error(`${listed.value.length} requests wait on the device`);
      const claimed = await claimTransaction(client, only.transactionId);
      if (!claimed.ok) throw commandFailure(claimed.failure);
      const { value: request } = claimed;
      const presented = presentation(request);
      if (presented === undefined || request.kind === "application" || request.kind === "certificate-choice")
        throw commandFailure({ code: "not_presentable" });
      shown = request;
      return presented;
    },

    async approve() {
      const approved = await answer((pin) => pin);
      if (!approved.ok) throw commandFailure(approved.failure, shown?.purpose);
    },

    async approveWrongly() {
      const refused = await answer((pin) => `${pin.slice(0, -1)}${(Number(pin.at(-1)) + 1) % 10}`);
      if (refused.ok) throw new Error("a wrong PIN was accepted");
      if (refused.failure.code !== "wrong_pin") throw commandFailure(refused.failure, shown?.purpose);
      return refused.failure.attemptsLeft;
    },
  };
}
