// The wire between browser and server: a proxy on a port of its own, which the browser takes for the server. It writes down what
// passes, and loses it where a test says so, on either side of the server. Nothing in the browser knows of it.
import { createServer, type IncomingMessage, request as sendRequest, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { existsSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import type { Duplex } from "node:stream";

export interface Passing {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Bytes of the request's body. */
  readonly length: number;
}

interface Answer {
  readonly head: Pick<IncomingMessage, "statusCode" | "rawHeaders" | "headers">;
  readonly body: Buffer;
}

const PAGES = ["/", "/device-link"];
/** Of files that the server may not have, and gives no type for. */
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** `lost`: the connection breaks there. May take as long as it likes. */
export type Fate = "passes" | "lost";

export interface Interference {
  /** Before the server receives a request. */
  readonly request?: (passing: Passing) => Fate | Promise<Fate>;
  /** After the server has answered it. */
  readonly answer?: (passing: Passing) => Fate | Promise<Fate>;
  /** Of an answer that gets through: what comes in its place. */
  readonly rewrite?: (passing: Passing, body: Buffer) => Buffer | Promise<Buffer>;
}

export class Network {
  /** Requests and answers as they were sent, one text for each; bytes as characters. */
  readonly traffic: string[] = [];
  interference: Interference = {};
  /** Folder whose files are given out in the place of the server's: as after a deployment. */
  deployed: string | undefined;
  /** Connections that were tried while it was cut. */
  refused = 0;
  #server: Server | undefined;
  #serverUrl: () => string = () => {
    throw new Error("not started");
  };
  #isCut = false;
  readonly #sockets = new Set<Duplex>();

  /** Origin for browsers, without a trailing slash. */
  get url(): string {
    const address = this.#server?.address();
    if (address === null || address === undefined || typeof address === "string") throw new Error("not started");
    return `http://localhost:${address.port}`;
  }

  async start(serverUrl: () => string): Promise<void> {
    this.#serverUrl = serverUrl;
    const server = createServer((request, response) => void this.#pass(request, response));
    this.#server = server;
    server.on("upgrade", (request, socket) => this.#upgrade(request, socket));
    server.on("connection", (socket) => {
      this.#keep(socket);
      if (!this.#isCut) return;
      this.refused++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** Breaks every connection, and every one to come. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore(): void {
    this.#isCut = false;
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await collect(request).catch(() => undefined);
    if (sent === undefined) return;
    const passing = { method: request.method ?? "", path: request.url ?? "", length: sent.length };
    this.traffic.push(`${passing.method} ${passing.path}\n${request.rawHeaders.join("\n")}\n\n${sent.toString("latin1")}`);
    const { interference } = this;
    if ((await interference.request?.(passing)) === "lost") return void request.socket.destroy();
    const answer = await this.#forward(request, sent).then(
      (given) => this.#asDeployed(passing, given),
      () => undefined,
    );
    if (answer === undefined) return void request.socket.destroy();
    const { statusCode = 502, rawHeaders, headers } = answer.head;
    this.traffic.push(`${statusCode}\n${rawHeaders.join("\n")}\n\n${answer.body.toString("latin1")}`);
    if ((await interference.answer?.(passing)) === "lost") return void request.socket.destroy();
    // A connection for each request: a browser sends again by itself what was lost on a connection that had served before.
    const body = (await interference.rewrite?.(passing, answer.body)) ?? answer.body;
    const length = body === answer.body ? {} : { "content-length": String(body.length) };
    response.writeHead(statusCode, { ...withoutConnection(headers), ...length, connection: "close" });
    response.end(body);
  }

  /** With the policies of the server, which are the same for both. */
  #asDeployed({ method, path }: Passing, answer: Answer): Answer {
    if (this.deployed === undefined || method !== "GET") return answer;
    const { pathname } = new URL(path, "http://localhost");
    const file = join(this.deployed, PAGES.includes(pathname) ? "index.html" : pathname);
    if (!existsSync(file) || !statSync(file).isFile()) return answer;
    const body = readFileSync(file);
    const { etag: _, ...headers } = answer.head.headers;
    const type = TYPES[extname(file)] ?? headers["content-type"] ?? "application/octet-stream";
    const { rawHeaders } = answer.head;
    return {
      head: { statusCode: 200, rawHeaders, headers: { ...headers, "content-type": type, "content-length": String(body.length) } },
      body,
    };
  }

  #forward(request: IncomingMessage, body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // Uncompressed, for whoever searches the traffic.
      const headers = { ...withoutConnection(request.headers), "accept-encoding": "identity" };
      const forwarded = sendRequest(this.#serverUrl() + (request.url ?? ""), { method: request.method, headers, agent: false });
      forwarded.once("error", reject);
      forwarded.once("response", (head) => {
        collect(head).then((received) => resolve({ head, body: received }), reject);
      });
      forwarded.end(body);
    });
  }

  /** WebSockets pass byte by byte; what is in their frames, the browser tells. */
  #upgrade(request: IncomingMessage, socket: Duplex): void {
    const { hostname, port } = new URL(this.#serverUrl());
    const server: Socket = connect({ host: hostname, port: Number(port) });
    this.#keep(server);
    const head = [`${request.method} ${request.url} HTTP/1.1`];
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      head.push(`${request.rawHeaders[index]}: ${request.rawHeaders[index + 1]}`);
    }
    this.traffic.push(head.join("\n"));
    server.write(`${head.join("\r\n")}\r\n\r\n`);
    server.pipe(socket).pipe(server);
    server.once("close", () => socket.destroy());
    socket.once("close", () => server.destroy());
  }
}

async function collect(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function withoutConnection(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  const { connection: _connection, "transfer-encoding": _encoding, "keep-alive": _alive, ...others } = headers;
  return others;
}
