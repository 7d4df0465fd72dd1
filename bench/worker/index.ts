// What the benchmarks run inside workerd: the server's half of a key, and the floors that it and the whole server are held
// against. Clocks stand still inside workerd between one I/O and the next, so every figure is taken outside, over a batch.
import { constants, createPrivateKey, type KeyObject, privateEncrypt } from "node:crypto";
import { DurableObject } from "cloudflare:workers";
import { fromBase64, toBase64 } from "../../src/protocol/encoding.ts";
import { generatePooledShare } from "../../src/split-key/rsa/pooled-share.ts";
import { rsaServerHalf } from "../../src/split-key/rsa/server-half.ts";
import type { MessageToSign, Offer } from "../../src/split-key/scheme.ts";

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

/** What one key pair and one message are, once `/prepare` was called. */
interface Prepared {
  readonly serverShare: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly message: MessageToSign;
  readonly offer: Offer;
}

let prepared: Prepared | undefined;
let floorKey: KeyObject | undefined;

const bytes = (text: unknown): Uint8Array<ArrayBuffer> => fromBase64(String(text)) ?? new Uint8Array(0);

/** Joins the device's half of a key; answers what the device needs for its contribution. */
async function prepare(input: Record<string, unknown>): Promise<object> {
  const device = { device: bytes(input["device"]), secret: bytes(input["secret"]) };
  const joined = rsaServerHalf.acceptDeviceKey({ pooledShare: await generatePooledShare(), ...device, earlierPublicKeys: [] });
  if (!joined.ok) throw new Error(joined.failure);
  const algorithms = { signatureAlgorithm: "rsassa-pss", hashAlgorithm: "SHA-512" } as const;
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const offer = rsaServerHalf.offer(joined.value.publicKey, algorithms, random);
  prepared = { ...joined.value, message: { ...algorithms, digest: bytes(input["digest"]) }, offer };
  floorKey = createPrivateKey(String(input["floorKey"]));
  return { offer };
}

function evaluate(contribution: Uint8Array, iterations: number): string {
  if (prepared === undefined) throw new Error("not prepared");
  let verdict = "";
  for (let done = 0; done < iterations; done++) ({ verdict } = rsaServerHalf.evaluate({ ...prepared, contribution }));
  return verdict;
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
      return prepare(input);
    case "/evaluate":
      return { verdict: evaluate(bytes(input["contribution"]), iterations) };
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
