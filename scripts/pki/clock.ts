// The clock of the machine, which every certificate and CRL is dated by. An offline machine has nobody to ask, and its battery ends.
// Too early: a newer CRL that has ended already. Too late: one that still counts when its root should be long forgotten.
import type { Context } from "./context.ts";
import { type Deployment, parsedCertificate } from "./deployment.ts";
import { PkiFailure } from "./pki-failure.ts";

/** PkiFailure where something of the hierarchy was made later than now. */
export function checkClock({ root, issuers, ocspSigners, rootList }: Deployment, now: number): void {
  const begins = [root, ...issuers, ...ocspSigners].map((holder) => parsedCertificate(holder).validFromDate.getTime());
  const newest = Math.max(rootList.thisUpdate, ...begins);
  if (now < newest) {
    throw new PkiFailure(
      `this machine's clock says ${minute(now)}, and what is here was made on ${minute(newest)}: set the clock; nothing was changed`,
    );
  }
}

/** Before the root signs. `yes`: somebody has looked at the clock already. PkiFailure for another answer than the date. */
export async function confirmDate({ terminal, now }: Context, { yes }: { readonly yes: boolean }): Promise<void> {
  if (yes) return;
  if (terminal === undefined) throw new PkiFailure(`this machine's clock says ${minute(now)}: where that is right, say --yes`);
  const answer = await terminal.ask(
    `This machine's clock says ${minute(now)}. If a watch says so too, type the date (YYYY-MM-DD): `,
  );
  if (answer !== minute(now).slice(0, 10)) throw new PkiFailure("that is not the date of the clock: set it; nothing was changed");
}

const minute = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
