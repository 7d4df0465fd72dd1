// A change of keys, step by step and made by hand; and what stands in the account and in the certificate index at any time.
import { env } from "cloudflare:workers";
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import { makeKey } from "../../src/authenticator/key-making.ts";
import { findCertificates } from "../../src/certificates/certificate-index.ts";
import { serialNumberHex } from "../../src/certificates/serial-number.ts";
import { randomBytes } from "../../src/authenticator/pin-key.ts";
import { sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import type { AnswerBody } from "../../src/protocol/device-messages.ts";
import { proofMessage } from "../../src/protocol/proof-message.ts";
import { type Attempt, Attempts } from "./attempts.ts";
import { contributionOver } from "./handmade-messages.ts";
import { type HeadlessDevice, PINS, pinOf } from "./headless-device.ts";

type Begun = AnswerBody<"beginReKey">;

export class ReKeys extends Attempts {
  /** What the device has in memory while keys are made. */
  grant = randomBytes(32);

  /** The proof request; throws where it is refused. */
  async begin(purpose: Purpose = "auth", change: "replace" | "add" = "replace"): Promise<Begun> {
    const begun = await this.device.client.call("beginReKey", () => ({ purpose, change }));
    if (!begun.ok) throw new Error(begun.failure.code);
    return begun.value;
  }

  /** A contribution of the key that stands, for the proof that was asked for. */
  async proofOf({ suite, keyVersion, proof }: Begun, pin: string, purpose: Purpose = "auth"): Promise<Attempt> {
    const { handle } = this.record;
    const { nonce, offer } = proof;
    const message = proofMessage({ operation: "reKey", handle, purpose, suite, keyVersion, nonce });
    const input = { operation: "reKey", purpose, keyVersion, message, offer };
    return contributionOver(this.record, await this.share(purpose, suite, pin), input, suite);
  }

  /** The code of the failure, or "allowed". `nonce`: of the proof that the envelope names. */
  async prove(sent: Attempt, nonce: string, purpose: Purpose = "auth"): Promise<string> {
    const proven = await this.device.client.call("reKey", async ({ handle, encryptionKey }, requestId) => {
      const binding = { handle, requestId, operation: "reKey", subject: `${purpose}:${nonce}` };
      return { purpose, envelope: await sealSecondEnvelope(encryptionKey, binding, { ...sent, grant: this.grant }) };
    });
    return proven.ok ? "allowed" : proven.failure.code;
  }

  async allow(purpose: Purpose = "auth"): Promise<void> {
    const begun = await this.begin(purpose);
    const code = await this.prove(await this.proofOf(begun, PINS[purpose], purpose), begun.proof.nonce, purpose);
    if (code !== "allowed") throw new Error(code);
  }

  async initiate(purpose: Purpose, suite: Suite, device: HeadlessDevice = this.device): Promise<string> {
    const initiated = await device.client.call("initiateKey", () => ({ purpose, suite }));
    return initiated.ok ? "initiated" : initiated.failure.code;
  }

  /** A new key, up to its proof; the code of the failure, or "made". The device keeps those before it. */
  async make(
    purpose: Purpose,
    suite: Suite,
    pin: string,
    by: { readonly device: HeadlessDevice; readonly grant: Uint8Array } = this,
  ): Promise<string> {
    const keep = (keys: Attempts["record"]["keys"], key: Attempts["record"]["keys"][number]) => [...keys, key];
    const wanted = { purpose, suite, pin: pinOf(pin), grant: by.grant, keep };
    const made = await makeKey(by.device.client, wanted, () => undefined);
    return made.ok ? "made" : made.failure.code;
  }

  /** "suite state" of each key of a purpose, oldest first; with "!" where there is a share that should not be, or none. */
  async keys(purpose: Purpose = "auth"): Promise<readonly string[]> {
    const statement = "SELECT suite, state, server_share IS NULL AS gone FROM key_pair WHERE purpose = ? ORDER BY key_version";
    return (await this.query(statement, purpose)).map(({ suite, state, gone }) => {
      const hasNone = state === "destroyed" || state === "initiated";
      return `${suite as string} ${state as string}${hasNone === (gone === 1) ? "" : "!"}`;
    });
  }

  /** What the index says of the certificate of each key of a purpose, oldest first: why it is revoked, "good" or "unknown". */
  async certificates(purpose: Purpose = "auth"): Promise<readonly string[]> {
    const statement = "SELECT serial_number FROM key_pair WHERE purpose = ? AND serial_number IS NOT NULL ORDER BY key_version";
    const rows = await this.query(statement, purpose);
    const serials = rows.map((row) => serialNumberHex(new Uint8Array(row["serial_number"] as ArrayBuffer)));
    const known = await findCertificates(env.DATABASE, serials);
    return serials.map((serial) => (known.has(serial) ? (known.get(serial)?.revocation?.reason ?? "good") : "unknown"));
  }

  /** What was asked or allowed is forgotten. */
  async giveUp(): Promise<void> {
    await this.query("DELETE FROM re_key");
  }
}
