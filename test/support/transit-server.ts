// The Transit secrets engine of HashiCorp Vault and OpenBao as far as its documentation goes for /encrypt and /decrypt, over HTTP, with real
// AES-256-GCM, versions of a key and the engine's own error texts. Fails where a test says so.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TransitServer {
  /** With the engine's path, without a trailing slash. */
  readonly url: string;
  readonly token: string;
  /** Bodies of requests, oldest first. */
  readonly seen: string[];
  /** Answers in place of the engine, for as long as there is one. */
  fault: ((response: ServerResponse) => void) | undefined;
  rotate(): void;
  stop(): Promise<void>;
}

interface Body {
  readonly plaintext?: string;
  readonly ciphertext?: string;
  readonly associated_data?: string;
}

export async function startTransitServer(keyName: string): Promise<TransitServer> {
  const keys = [randomBytes(32)];
  const token = `hvs.${randomBytes(12).toString("base64url")}`;
  const seen: string[] = [];
  const say = (response: ServerResponse, status: number, body: object) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const refuse = (response: ServerResponse, status: number, ...errors: readonly string[]) => say(response, status, { errors });
  const http = createServer((request, response) => void serve(request, response));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    seen.push(text);
    if (server.fault !== undefined) return server.fault(response);
    if (request.headers["x-vault-token"] !== token) return refuse(response, 403, "permission denied");
    const [, operation, name] = /^\/v1\/transit\/(encrypt|decrypt)\/([^/]+)$/.exec(request.url ?? "") ?? [];
    if (operation === undefined || request.method !== "POST") return refuse(response, 404, "no handler for route");
    if (name !== keyName) return refuse(response, 400, "encryption key not found");
    const body = JSON.parse(text) as Body;
    const associated = Buffer.from(body.associated_data ?? "", "base64");
    return operation === "encrypt" ? encrypt(body, associated, response) : decrypt(body, associated, response);
  }

  function encrypt({ plaintext = "" }: Body, associated: Buffer, response: ServerResponse): unknown {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", keys.at(-1)!, iv).setAAD(associated);
    const sealed = Buffer.concat([iv, cipher.update(Buffer.from(plaintext, "base64")), cipher.final(), cipher.getAuthTag()]);
    return say(response, 200, {
      data: { ciphertext: `vault:v${keys.length}:${sealed.toString("base64")}`, key_version: keys.length },
    });
  }

  function decrypt({ ciphertext = "" }: Body, associated: Buffer, response: ServerResponse): unknown {
    const [, version, sealed] = /^vault:v(\d+):([A-Za-z0-9+/=]+)$/.exec(ciphertext) ?? [];
    if (version === undefined || sealed === undefined) return refuse(response, 400, "invalid ciphertext: no prefix");
    const key = keys[Number(version) - 1];
    if (key === undefined) return refuse(response, 400, "invalid ciphertext: version is too new");
    const bytes = Buffer.from(sealed, "base64");
    try {
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAAD(associated);
      decipher.setAuthTag(bytes.subarray(-16));
      const plaintext = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
      return say(response, 200, { data: { plaintext: plaintext.toString("base64") } });
    } catch {
      return refuse(response, 400, "cipher: message authentication failed");
    }
  }

  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const server: TransitServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1/transit`,
    token,
    seen,
    fault: undefined,
    rotate: () => void keys.push(randomBytes(32)),
    stop: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}
