// What the browser is told that the app may do, and what it then refuses to whoever gets a foot into the page.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { stage } from "./support/stage.ts";

const here = stage();

/** Of the app's own page: scripts, styles and pictures of this origin as files, and nothing else. */
const PAGE_POLICY = {
  "default-src": "'none'",
  "script-src": "'self'",
  "worker-src": "'self'",
  "connect-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self'",
  "manifest-src": "'self'",
  "form-action": "'none'",
  "base-uri": "'none'",
  "frame-ancestors": "'none'",
  "require-trusted-types-for": "'script'",
  "trusted-types": "tally",
};
/** Of a worker: it loads no other code. */
const WORKER_POLICY = {
  "default-src": "'none'",
  "connect-src": "'self'",
  "require-trusted-types-for": "'script'",
  "trusted-types": "'none'",
};

const headersOf = async (path: string): Promise<Headers> => {
  const answer = await fetch(`${here.url}${path}`);
  expect(answer.status, path).toBe(200);
  return answer.headers;
};
const policyIn = (headers: Headers): Record<string, string> =>
  Object.fromEntries(
    (headers.get("content-security-policy") ?? "").split(";").map((directive) => {
      const [name = "", ...values] = directive.trim().split(" ");
      return [name, values.join(" ")];
    }),
  );
const assetOf = async (name: string): Promise<string> => {
  const published = (await (await fetch(`${here.url}/.well-known/tally-client.json`)).json()) as {
    files: Record<string, string>;
  };
  const path = Object.keys(published.files).find((file) => file.startsWith(`/assets/${name}-`) && file.endsWith(".js"));
  expect(path, name).toBeDefined();
  return path!;
};

it.each(["/", "/device-link", "/licences.txt"])(
  "%s allows its page nothing but files of this origin, and the camera",
  async (path) => {
    const headers = await headersOf(path);
    expect(policyIn(headers)).toEqual(PAGE_POLICY);
    const features = (headers.get("permissions-policy") ?? "").split(", ");
    const allowed = features.filter((feature) => !feature.endsWith("=()"));
    expect(allowed.toSorted()).toEqual([
      "camera=(self)",
      "publickey-credentials-create=(self)",
      "publickey-credentials-get=(self)",
    ]);
    for (const refused of ["microphone", "geolocation", "clipboard-read", "display-capture", "payment", "usb"]) {
      expect(features).toContain(`${refused}=()`);
    }
    expect(Object.fromEntries(headers)).toMatchObject({
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "strict-transport-security": "max-age=31536000",
    });
  },
);

it("workers load no code but their own", async () => {
  for (const path of ["/service-worker.js", await assetOf("key-worker")]) {
    expect(policyIn(await headersOf(path)), path).toEqual(WORKER_POLICY);
  }
});

it("a page whose address holds a link is kept by no cache, and a script only under a name that changes with it", async () => {
  expect((await headersOf("/")).get("cache-control")).toBe("no-cache");
  expect((await headersOf("/device-link")).get("cache-control")).toBe("no-store");
  expect((await headersOf(await assetOf("index"))).get("cache-control")).toBe("public, max-age=31536000, immutable");
});

const opened = async (): Promise<Page> => {
  const page = await (await here.context({})).newPage();
  await page.goto(here.url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
};

it("markup that was brought in runs nothing, becomes no page, and calls nobody else", async () => {
  here.violations.allow(/Content Security Policy|Trusted ?(Type|HTML|Script)|violates/i);
  const page = await opened();
  const ran = await page.evaluate(async () => {
    const attempts: Record<string, () => unknown> = {
      markup: () => (document.body.innerHTML = "<p>taken over</p>"),
      policy: () =>
        (
          globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
        ).trustedTypes.createPolicy("mine", {}),
    };
    const succeeded = Object.entries(attempts).flatMap(([name, attempt]) => {
      try {
        attempt();
        return [name];
      } catch {
        return [];
      }
    });
    const inline = document.createElement("script");
    try {
      inline.text = "globalThis.inline = true";
      document.body.append(inline);
    } catch {
      // Trusted Types are asked first.
    }
    if ("inline" in globalThis) succeeded.push("inline");
    const reached = await fetch("data:text/plain,elsewhere").then(
      () => true,
      () => false,
    );
    if (reached) succeeded.push("elsewhere");
    return succeeded;
  });
  expect(ran).toEqual([]);
  expect(await page.getByText("taken over").count()).toBe(0);
});

it("no other page frames it", async () => {
  here.violations.allow(/frame|violates/i);
  here.violations.allowNetworkErrors();
  const other = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<iframe src="${here.url}"></iframe>`);
  });
  await new Promise<void>((listening) => other.listen(0, "localhost", listening));
  const page = await (await here.context({})).newPage();
  await page.goto(`http://localhost:${(other.address() as AddressInfo).port}/`);
  const [, frame] = page.frames();
  await expect.poll(() => frame?.url()).toBe("chrome-error://chromewebdata/");
  expect(await frame?.locator("#app").count()).toBe(0);
  other.close();
});
