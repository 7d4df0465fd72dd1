// `renew-root-crl`: the root's next CRL, and the one way to revoke an issuing authority.
import { checkClock, confirmDate } from "./clock.ts";
import { CERTIFICATE_LEVELS } from "../../src/account/purpose.ts";
import type { Context } from "./context.ts";
import { CA_REVOCATION_REASONS, currentIssuer, type Deployment, LEVEL_WORDS } from "./deployment.ts";
import { alone, readDeployment, saveDeployment } from "./folder.ts";
import { openRoot } from "./keys.ts";
import type { Options } from "./options.ts";
import { PkiFailure } from "./pki-failure.ts";
import { makeRootList } from "./root-list.ts";

export const renewRootList = (context: Context, options: Options): Promise<void> =>
  alone(options.folder, async () => {
    const { folder, rootKeyFile } = options;
    const { now } = context;
    const deployment = withRevocation(readDeployment(folder), options, now);
    checkClock(deployment, now);
    await confirmDate(context, options);
    const root = await openRoot(context, deployment, rootKeyFile);
    const rootList = await makeRootList(root, deployment.issuers, {
      before: deployment.rootList.number,
      now,
      days: deployment.configuration.validity.rootListDays,
    });
    saveDeployment(folder, { ...deployment, rootList });
    const revoked = deployment.issuers.filter(({ revocation }) => revocation !== null).map(({ name }) => name);
    const lists = revoked.length === 0 ? "revokes nobody" : `revokes ${revoked.join(", ")}`;
    const [from, until] = [rootList.thisUpdate, rootList.nextUpdate].map((time) => new Date(time).toISOString().slice(0, 10));
    context.out(`CRL ${rootList.number} of the root ${lists} and is valid from ${from} until ${until}. Next: publish.`);
    for (const level of CERTIFICATE_LEVELS.filter((one) => currentIssuer(deployment, one).revocation !== null)) {
      const word = LEVEL_WORDS[level];
      context.note(`Nobody issues ${word} certificates once this is published, until rotate-issuer --level ${word} and publish.`);
    }
  });

function withRevocation(deployment: Deployment, { revoke, reason }: Options, now: number): Deployment {
  if (revoke === undefined) {
    if (reason !== undefined) throw new PkiFailure("--reason goes with --revoke NAME");
    return deployment;
  }
  const issuer = deployment.issuers.find(({ name }) => name === revoke);
  if (issuer === undefined) {
    const names = deployment.issuers.map(({ name }) => name).join(", ");
    throw new PkiFailure(`there is no issuing authority ${revoke}; there are: ${names}`);
  }
  if (issuer.revocation !== null)
    throw new PkiFailure(`${revoke} is revoked already: renew-root-crl without --revoke renews the CRL`);
  const word = LEVEL_WORDS[issuer.level];
  // A stolen key is void at once, also where nothing can take its place yet. Otherwise people need not be left without an issuer.
  if (currentIssuer(deployment, issuer.level) === issuer && reason !== "cACompromise") {
    throw new PkiFailure(
      `${revoke} is the one that issues: first rotate-issuer --level ${word}, then revoke it; at once only for --reason cACompromise`,
    );
  }
  if (reason === undefined) throw new PkiFailure(`say why: --reason ${CA_REVOCATION_REASONS.join(", ")}`);
  const revocation = { revokedAt: Math.floor(now / 1000) * 1000, reason };
  return { ...deployment, issuers: deployment.issuers.map((one) => (one === issuer ? { ...one, revocation } : one)) };
}
