// The device's half of suite `rsa` where it runs: in a Web Worker of Chromium, without anything of the app around it. Next to what a
// signature of the same length costs by the browser's WebCrypto.
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build, type Rollup } from "vite";
import type { Floor, Samples, Section } from "./measurement.ts";
import { rsa6144 } from "./split-key.ts";

const RUNS = 40;
const WARM_UP = 5;

export async function deviceHalfSection(browser: Browser): Promise<Section> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const floor: Floor = { name: "RSA-6144 in Chromium", samples: await signatures(page) };
    const { plain, preparing, prepared } = await halves(page);
    return {
      title: "rsa: the device's half of a signature, in a Web Worker of Chromium",
      rows: [
        { what: "RSA-6144 signature (WebCrypto)", samples: floor.samples },
        { what: "device half, nothing prepared", samples: plain, floor },
        { what: "preparation, while the person reads", samples: preparing, floor },
        { what: "device half, prepared: what is left after the PIN", samples: prepared, floor },
      ],
    };
  } finally {
    await context.close();
  }
}

/** WebCrypto is there in secure contexts alone, of which an empty page is none. */
async function signatures(page: Page): Promise<Samples> {
  await page.route("https://bench.example/", (route) => route.fulfill({ body: "", contentType: "text/html" }));
  await page.goto("https://bench.example/");
  const key = rsa6144().replace(/-----[A-Z ]+-----|\s/g, "");
  return page.evaluate<number[]>(`(async () => {
    const bytes = Uint8Array.from(atob("${key}"), (character) => character.charCodeAt(0));
    const key = await crypto.subtle.importKey("pkcs8", bytes, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" }, false, ["sign"]);
    const taken = [];
    for (let run = -${WARM_UP}; run < ${RUNS}; run++) {
      const start = performance.now();
      await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, new Uint8Array(64));
      if (run >= 0) taken.push(performance.now() - start);
    }
    return taken;
  })()`);
}

async function halves(page: Page): Promise<Readonly<Record<"plain" | "preparing" | "prepared", Samples>>> {
  const script = `${await bundled()};postMessage(bench.measure(${RUNS}, ${WARM_UP}))`;
  return page.evaluate(`new Promise((resolve, reject) => {
    const url = URL.createObjectURL(new Blob([${JSON.stringify(script)}], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  })`);
}

/** As the app's own scripts are. */
async function bundled(): Promise<string> {
  const entry = join(import.meta.dirname, "in-browser/device-half.ts");
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: { write: false, lib: { entry, formats: ["iife"], name: "bench" } },
  });
  const [output] = Array.isArray(built) ? built : [built as Rollup.RollupOutput];
  return output?.output[0].code ?? "";
}
