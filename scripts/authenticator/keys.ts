// The keys of an account that stands: all of a purpose exchanged for ones under a new PIN, and those added that it lacks.
import { addSuites, changePin } from "../../src/authenticator/re-key.ts";
import { type Purpose, PURPOSES, type Suite } from "../../src/account/purpose.ts";
import { parseSemanticsIdentifier } from "../../src/protocol/semantics-identifier.ts";
import { chosenPin } from "./chosen-pins.ts";
import { usageFailure } from "./command-failure.ts";
import { type Context, pinFor } from "./context.ts";
import { describeStep } from "./enrolment.ts";
import { commandFailure, PIN_NAMES } from "./explain.ts";
import { withPin, withPins } from "./pin-bytes.ts";

export async function changeOnePin(context: Context): Promise<void> {
  const { options, storage, client, output } = context;
  const purpose = options.purpose ?? "auth";
  const oldPin = pinFor(context, purpose);
  const newPin = await newPinFor(context, purpose, oldPin);
  const progress = noting(context);
  const changed = await storage.keepLocked(() =>
    withPin(oldPin, (was) => withPin(newPin, (is) => changePin(client, purpose, { oldPin: was, newPin: is }, { progress }))),
  );
  if (!changed.ok) throw commandFailure(changed.failure, purpose);
  output.answer([`${PIN_NAMES[purpose]} is changed: its keys are new, and so are their certificates.`], { changed: purpose });
}

/** Held against the rules as at an enrolment; against the other PIN only where that was given, since it lies nowhere. */
async function newPinFor({ options, storage }: Context, purpose: Purpose, oldPin: string): Promise<string> {
  const { new: newPin } = options.pins;
  if (newPin === undefined) throw usageFailure("a new PIN is needed: --new-pin, or TALLY_NEW_PIN");
  if (newPin === oldPin) throw usageFailure("the new PIN is the old one: nothing would change");
  const { owner } = (await storage.read()) ?? {};
  if (owner === undefined) throw commandFailure({ code: "no_account" });
  const { country = "", identifier: personalCode = "" } = parseSemanticsIdentifier(owner.semanticsIdentifier) ?? {};
  const { dateOfBirth } = owner;
  const otherPin = options.pins[purpose === "auth" ? "sign" : "auth"];
  return chosenPin(purpose, newPin, otherPin, { country, personalCode, ...(dateOfBirth !== undefined && { dateOfBirth }) });
}

export async function addKeys(context: Context): Promise<void> {
  const { storage, client, output } = context;
  const pins = { auth: pinFor(context, "auth"), sign: pinFor(context, "sign") };
  const progress = noting(context);
  const added: { readonly purpose: Purpose; readonly suite: Suite }[] = [];
  await storage.keepLocked(() =>
    withPins(pins, async (bytes) => {
      for (const purpose of PURPOSES) {
        const made = await addSuites(client, purpose, bytes[purpose], { progress });
        if (!made.ok) throw commandFailure(made.failure, purpose);
        added.push(...made.value.map((suite) => ({ purpose, suite })));
      }
    }),
  );
  const lines = added.map(({ purpose, suite }) => `A key of ${suite} is added for ${PIN_NAMES[purpose]}.`);
  output.answer(lines.length > 0 ? lines : ["The account has every key that this server makes."], { added });
}

const noting =
  ({ output }: Context) =>
  (step: Parameters<typeof describeStep>[0]): void =>
    output.note(`  ${describeStep(step)}`);
