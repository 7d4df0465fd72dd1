// The device API: published keys, a handshake that opens an account's channel, one path for every message of it, and a WebSocket
// that says when there is something to ask for.
import { Hono } from "hono";
import { z } from "zod";
import { TICKET_HEADER } from "../account/objects.ts";
import { handleOf, MAXIMUM_MESSAGE_LENGTH } from "../channel/message.ts";
import type { Environment } from "../environment.ts";
import { readJson, readText } from "../http/body.ts";
import { failureResponse } from "../http/failures.ts";
import { validate } from "../http/validation.ts";
import { ecPublicKeySchema, publicKeyOf } from "../protocol/ec-public-key.ts";
import { LIVE_PROTOCOL, readLiveProtocols } from "../protocol/live-channel.ts";
import { vapidDetails } from "../push/vapid.ts";

const handshakeSchema = z.strictObject({ deviceKey: ecPublicKeySchema });

/** The device sends the same bytes again, or asks what became of them. */
const UNAVAILABLE = { kind: "temporarily_unavailable", retryAfterSeconds: 5 } as const;

export const deviceRoutes = new Hono<{ Bindings: Environment }>()

  /** JSON Web Key Set (RFC 7517 §5): `sig` signs transcripts, `enc` opens second envelopes. */
  .get("/keys", async (context) => {
    const { CHANNEL_SIGNING_KEY, CHANNEL_ENCRYPTION_KEY } = context.env;
    const [signing, encryption] = await Promise.all([CHANNEL_SIGNING_KEY.get(), CHANNEL_ENCRYPTION_KEY.get()]);
    return context.json({
      keys: [
        { ...publicKeyOf(JSON.parse(signing) as JsonWebKey), use: "sig", alg: "ES256" },
        { ...publicKeyOf(JSON.parse(encryption) as JsonWebKey), use: "enc", alg: "ECDH-ES" },
      ],
    });
  })

  /** Opens the channel of a new account: the device's ephemeral key in, the signed transcript out. */
  .post("/accounts", async (context) => {
    const body = await readJson(context.req.raw);
    if (!body.ok) return failureResponse(body.failure);
    const request = validate(handshakeSchema, body.value);
    if (!request.ok) return failureResponse(request.failure);
    const { ACCOUNTS } = context.env;
    const answer = await ACCOUNTS.get(ACCOUNTS.newUniqueId()).handshake(request.value.deviceKey);
    if (!answer.ok && answer.failure === "unavailable") return failureResponse(UNAVAILABLE);
    if (!answer.ok) return failureResponse({ kind: "malformed", detail: "The key is not a point on P-256." });
    return context.json(answer.value, 201);
  })

  /** A sealed message in, a sealed answer out (`application/jose`); whatever does not open gets the one plain answer. */
  .post("/messages", async (context) => {
    const message = await readText(context.req.raw, MAXIMUM_MESSAGE_LENGTH);
    if (!message.ok) return failureResponse(message.failure);
    const id = objectId(context.env, handleOf(message.value));
    if (id === undefined) return failureResponse({ kind: "unauthorized" });
    const clientAddress = context.req.header("cf-connecting-ip") ?? "";
    const { origin } = new URL(context.req.url);
    const answer = await context.env.ACCOUNTS.get(id).receive(message.value, { clientAddress, origin });
    if (!answer.ok) return failureResponse(answer.failure === "unavailable" ? UNAVAILABLE : { kind: "unauthorized" });
    return context.body(answer.value, 200, { "content-type": "application/jose", "cache-control": "no-store" });
  })

  /** What a browser subscribes to pushes with: an uncompressed point on P-256, 65 bytes, base64url. */
  .get("/push-key", async (context) => context.json({ applicationServerKey: (await vapidDetails(context.env)).publicKey }))

  /** The live channel: a WebSocket, whose subprotocols say for whom (protocol/live-channel.ts). */
  .get("/live", async (context) => {
    const upgrade = context.req.header("upgrade")?.toLowerCase();
    if (upgrade !== "websocket") return failureResponse({ kind: "upgrade_required" });
    const offer = readLiveProtocols(context.req.header("sec-websocket-protocol"));
    const id = objectId(context.env, offer?.handle);
    if (id === undefined || offer === undefined) return failureResponse({ kind: "unauthorized" });
    const asked = { headers: { upgrade: "websocket", [TICKET_HEADER]: offer.ticket } };
    const { webSocket } = await context.env.ACCOUNTS.get(id).fetch("https://account/live", asked);
    if (webSocket === null) return failureResponse({ kind: "unauthorized" });
    return new Response(null, { status: 101, webSocket, headers: { "sec-websocket-protocol": LIVE_PROTOCOL } });
  });

/** Undefined for a handle that no object of this deployment ever had: ids carry a check of their own. */
function objectId(environment: Environment, handle: string | undefined): DurableObjectId | undefined {
  try {
    return handle === undefined ? undefined : environment.ACCOUNTS.idFromString(handle);
  } catch {
    return undefined;
  }
}
