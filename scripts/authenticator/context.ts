// What every command works with.
import { ChannelClient } from "../../src/authenticator/channel-client.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { usageFailure } from "./command-failure.ts";
import { describeSettled, PIN_NAMES } from "./explain.ts";
import { DEFAULT_SERVER, type Options } from "./options.ts";
import type { Output } from "./output.ts";
import { rememberedServer, StateFile } from "./state-file.ts";

export interface Context {
  readonly options: Options;
  readonly storage: StateFile;
  readonly client: ChannelClient;
  readonly output: Output;
}

export function openContext(options: Options, output: Output): Context {
  const url = options.server ?? rememberedServer(options.statePath) ?? DEFAULT_SERVER;
  const storage = new StateFile(options.statePath, url);
  return { options, storage, client: new ChannelClient({ url, fetch }, storage), output };
}

/** Says what became of a request that an earlier command left behind, since nobody was there to hear it. */
export async function settleEarlier({ client, output }: Context): Promise<void> {
  const settled = await client.settle();
  // The command itself will hear of these two, and explain.
  const tellsLater = settled?.outcome.ok === false && ["unknown_channel", "out_of_step"].includes(settled.outcome.failure.code);
  if (settled !== undefined && !tellsLater) output.note(describeSettled(settled));
}

/** The PIN of that purpose, as given. */
export function pinFor({ options }: Context, purpose: Purpose): string {
  const pin = options.pins[purpose];
  if (pin !== undefined) return pin;
  const name = PIN_NAMES[purpose];
  throw usageFailure(`${name} is needed: --${name.toLowerCase()}, or TALLY_${name}`);
}
