import { Request } from "miniflare";
import { expect, test } from "vitest";
import { makeServerShare } from "../../scripts/share-maker.ts";
import { openPooledShare } from "../../src/split-key/rsa/pooled-share.ts";

test("the share maker makes a new share of a suite for each request", async () => {
  const shares = [1, 2].map(async () => (await makeServerShare(new Request("http://share-maker/rsa"))).arrayBuffer());
  const [one, other] = (await Promise.all(shares)).map((bytes) => openPooledShare(new Uint8Array(bytes)));
  expect(one?.modulus.toString(2)).toHaveLength(3072);
  expect(other?.modulus).not.toBe(one?.modulus);
});

test("it makes none of a suite that there is not", async () => {
  expect((await makeServerShare(new Request("http://share-maker/rot13"))).status).toBe(404);
});
