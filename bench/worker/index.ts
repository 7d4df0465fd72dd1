// What the benchmarks run inside workerd: the server's half of a key, and the floors that it and the whole server are held
// against. Clocks stand still inside workerd between one I/O and the next, so every figure is taken outside, over a batch.
import { constants, createPrivateKey, type KeyObject, privateEncrypt } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { DurableObject } from "cloudflare:workers";
import type { Suite } from "../../src/account/purpose.ts";
import { fromBase64, toBase64 } from "../../src/protocol/encoding.ts";
import { PROOF_ALGORITHMS } from "../../src/protocol/proof-message.ts";
import type { MessageToSign, PreparedOffer } from "../../src/split-key/scheme.ts";
import { pooledShareGenerators, serverHalves } from "../../src/split-key/server-halves.ts";

/** One row, and whoever waits for it to change: what an object is at least. */
export class RowObject extends DurableObject {
  readonly #waiting = new Set<() => void>();

  write(value: string): void {
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY, value TEXT)");
    this.ctx.storage.sql.exec("INSERT OR REPLACE INTO kept VALUES (1, ?)", value);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }
}

interface Environment {
  readonly ROWS: {
    idFromName(name: string): unknown;
    get(id: unknown): { write(value: string): Promise<void>; wait(): Promise<void> };
  };
}

/** What one key pair, one message and one offer are, once `/prepare` was called. A nonce is used over and over here, as nowhere else. */
interface Prepared extends PreparedOffer {
  readonly serverShare: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly message: MessageToSign;
}

const prepared: Partial<Record<Suite, Prepared>> = {};
let floorKey: KeyObject | undefined;

const bytes = (text: unknown): Uint8Array<ArrayBuffer> => fromBase64(String(text)) ?? new Uint8Array(0);
const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

/** Joins the device's half of a key; answers what the device needs for its contribution. */
async function prepare(suite: Suite, input: Record<string, unknown>): Promise<object> {
  const half = serverHalves[suite];
  const device = { device: bytes(input["device"]), secret: bytes(input["secret"]) };
  const pooledShare = await pooledShareGenerators[suite]?.();
  const joined = half.acceptDeviceKey({ pooledShare, ...device, earlierPublicKeys: [], random });
  if (!joined.ok) throw new Error(joined.failure);
  const message = { ...PROOF_ALGORITHMS[suite], digest: bytes(input["digest"]) };
  const offer = half.offer({ ...joined.value, algorithms: message, random });
  prepared[suite] = { ...joined.value, ...offer, message };
  if (suite === "rsa") floorKey = createPrivateKey(String(input["floorKey"]));
  return { offer: offer.offer, answer: toBase64(joined.value.answer) };
}

function evaluate(suite: Suite, contribution: Uint8Array, iterations: number): string {
  const known = prepared[suite];
  if (known === undefined) throw new Error("not prepared");
  let verdict = "";
  for (let done = 0; done < iterations; done++) ({ verdict } = serverHalves[suite].evaluate({ ...known, contribution }));
  return verdict;
}

/** What a claim costs more: the nonces and their commitment, where the suite has them. */
function makeOffers(suite: Suite, iterations: number): void {
  const known = prepared[suite];
  if (known === undefined) throw new Error("not prepared");
  for (let done = 0; done < iterations; done++) serverHalves[suite].offer({ ...known, algorithms: known.message, random });
}

/** One ordinary signature by the library that the server's half is made with, and its verification. */
function signAndVerify(iterations: number): void {
  const { secretKey, publicKey } = ed25519.keygen();
  const message = random(64);
  for (let done = 0; done < iterations; done++) {
    if (!ed25519.verify(ed25519.sign(message, secretKey), message, publicKey)) throw new Error("the library does not verify");
  }
}

function privateOperations(iterations: number): void {
  if (floorKey === undefined) throw new Error("not prepared");
  const value = new Uint8Array(768).fill(1, 1);
  for (let done = 0; done < iterations; done++) privateEncrypt({ key: floorKey, padding: constants.RSA_NO_PADDING }, value);
}

async function answer(path: string, input: Record<string, unknown>, { ROWS }: Environment): Promise<object> {
  const row = () => ROWS.get(ROWS.idFromName(String(input["name"])));
  const iterations = Number(input["iterations"]);
  switch (path) {
    case "/nothing":
      return {};
    case "/prepare":
      return prepare(input["suite"] as Suite, input);
    case "/evaluate":
      return { verdict: evaluate(input["suite"] as Suite, bytes(input["contribution"]), iterations) };
    case "/offer":
      makeOffers(input["suite"] as Suite, iterations);
      return {};
    case "/sign-and-verify":
      signAndVerify(iterations);
      return {};
    case "/private-operation":
      privateOperations(iterations);
      return {};
    case "/write":
      await row().write(toBase64(crypto.getRandomValues(new Uint8Array(32))));
      return {};
    case "/wait":
      await row().wait();
      return {};
    default:
      throw new Error(`no such path: ${path}`);
  }
}

const worker = {
  async fetch(request: Request, environment: Environment): Promise<Response> {
    const input = request.method === "POST" ? ((await request.json()) as Record<string, unknown>) : {};
    return Response.json(await answer(new URL(request.url).pathname, input, environment));
  },
};

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it
export default worker;
