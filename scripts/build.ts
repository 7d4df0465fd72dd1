// `npm run build`: what browsers load, before a deployment. `npm start` and the tests build by themselves. `npm run build -- --verify`
// builds twice, compares every byte, and prints the digest that the app shows in the settings under "About Tally"; with the address of a
// server behind it, whether that server publishes and serves the same.
import { buildClient, compareClient, verifyClient } from "./client-build.ts";
import { StartFailure } from "./start-failure.ts";

const [option, server, ...others] = process.argv.slice(2);
try {
  if (option === undefined) await buildClient();
  else if (option !== "--verify" || others.length > 0) throw new StartFailure("npm run build [-- --verify [https://...]]");
  else {
    const site = server === undefined ? undefined : siteAt(server);
    await verify();
    if (site !== undefined) await compare(site);
  }
} catch (error) {
  if (!(error instanceof StartFailure)) throw error;
  console.error(`Tally: ${error.message}`);
  process.exit(1);
}

async function verify(): Promise<void> {
  const { same, app, commit } = await verifyClient();
  if (!same) throw new StartFailure("two builds of the same sources differ: this machine changes what is built");
  console.log(`Two builds are the same, byte for byte. Digest of the app (SHA-256): ${app}`);
  console.log(commit === undefined ? "These sources are in no commit." : `Commit: ${commit}`);
}

async function compare(site: URL): Promise<void> {
  const { differences, commit, fetched } = await compareClient(site);
  for (const line of differences) console.error(line);
  const named = commit === undefined ? "It names no commit of its sources." : `It names the commit ${commit}.`;
  if (differences.length > 0) throw new StartFailure(`${site.origin} does not give out what these sources build. ${named}`);
  console.log(`${site.origin} publishes the same digests, and serves the same ${fetched} files under the same policies.`);
}

/** Whoever is in the way of an unprotected connection could give this machine other bytes than the person's. */
function siteAt(address: string): URL {
  const site = URL.parse(address);
  if (site?.protocol === "https:" || (site?.protocol === "http:" && site.hostname === "localhost")) return site;
  throw new StartFailure(`${address} is no address of a server: https://... is, or http://localhost...`);
}
