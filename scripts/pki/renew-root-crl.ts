// `renew-root-crl`: the root's next CRL, and the one way to revoke an issuing authority.
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
    const root = await openRoot(context, deployment, rootKeyFile);
    const rootList = await makeRootList(root, deployment.issuers, {
      before: deployment.rootList.number,
      now,
      days: deployment.configuration.validity.rootListDays,
    });
    saveDeployment(folder, { ...deployment, rootList: { ...rootList, authority: "root" } });
    const revoked = deployment.issuers.filter(({ revocation }) => revocation !== null).map(({ name }) => name);
    const lists = revoked.length === 0 ? "revokes nobody" : `revokes ${revoked.join(", ")}`;
    const day = new Date(rootList.nextUpdate).toISOString().slice(0, 10);
    context.out(`CRL ${rootList.number} of the root ${lists} and is valid until ${day}. Next: publish.`);
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
  // Otherwise people would go on getting certificates that nobody accepts.
  if (currentIssuer(deployment, issuer.level) === issuer) {
    throw new PkiFailure(`${revoke} is the one that issues: first rotate-issuer --level ${word}, then revoke it`);
  }
  if (reason === undefined) throw new PkiFailure(`say why: --reason ${CA_REVOCATION_REASONS.join(", ")}`);
  const revocation = { revokedAt: Math.floor(now / 1000) * 1000, reason };
  return { ...deployment, issuers: deployment.issuers.map((one) => (one === issuer ? { ...one, revocation } : one)) };
}
