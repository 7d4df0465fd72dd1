// Who runs the service. Kept for when the server cannot be asked, which may be the very thing to ask about; what comes from the server or
// from storage is judged before any of it becomes a link.
import { type Result, success } from "../../account/result.ts";
import { fetchRegistrationAbout } from "../../authenticator/server-connection.ts";
import { operatorSchema, type RegistrationAbout } from "../../protocol/registration-about.ts";
import { reached, type Unreachable } from "../reached.ts";
import { server } from "../server.ts";
import { keepOperator, readOperator } from "../storage/settings.ts";
import type { Model } from "./model.ts";

/** What was said last, until the server says it anew. */
export async function followOperator(model: Model): Promise<void> {
  const kept = operatorSchema.safeParse(await readOperator().catch(() => undefined));
  if (kept.success) model.store.patch({ operator: kept.data });
  await askAbout(model);
}

/** What the server says of itself. Who runs it is remembered. */
export async function askAbout({ store }: Model): Promise<Result<RegistrationAbout, Unreachable>> {
  const about = await reached<RegistrationAbout, never>(async () => success(await fetchRegistrationAbout(server)));
  if (!about.ok) return about;
  const { operator, methods } = about.value;
  store.patch({ operator, offered: methods });
  // Said again at the next start.
  await keepOperator(operator).catch(() => undefined);
  return about;
}
