// The rotation calendar: what has to be done about a hierarchy, and from when on. No I/O.
import { CERTIFICATE_LEVELS } from "../../src/account/purpose.ts";
import { currentIssuer, type Deployment, endOf, LEVEL_WORDS, livingIssuers } from "./deployment.ts";
import { rowsDigest } from "./rows.ts";

const DAY = 86_400_000;
/** Before the end of what is renewed without the root's key, or once a year: time for a holiday. */
const NOTICE = 30 * DAY;
/** People's certificates are valid for three years, and never longer than their issuer. */
const FULL_TERM = 3 * 366 * DAY + 2 * NOTICE;

export interface DueWork {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly what: string;
}

/** The next of every kind, the soonest first. */
export function dueWork(deployment: Deployment, now: number): readonly DueWork[] {
  const { rootList, root } = deployment;
  const work = [
    ...publicationWork(deployment),
    {
      at: rootList.nextUpdate - notice(rootList.nextUpdate - rootList.thisUpdate),
      what: `renew-root-crl, then publish: the root's CRL ends on ${day(rootList.nextUpdate)}`,
    },
    ...signerWork(deployment, now),
    ...CERTIFICATE_LEVELS.map((level) => {
      const issuer = currentIssuer(deployment, level);
      const command = `rotate-issuer --level ${LEVEL_WORDS[level]}, then publish`;
      if (issuer.revocation !== null) return { at: 0, what: `${command}: ${issuer.name} is revoked` };
      const what = `${command}: certificates of ${issuer.name} would be cut short by its end on ${day(endOf(issuer))}`;
      return { at: endOf(issuer) - FULL_TERM, what };
    }),
    { at: endOf(root) - 2 * FULL_TERM, what: `a new hierarchy (init in another folder): the root ends on ${day(endOf(root))}` },
  ];
  return work.toSorted((left, right) => left.at - right.at);
}

/** What a Worker does not have yet. Trials on this machine count only where nothing was published to an account. */
function publicationWork(deployment: Deployment): readonly DueWork[] {
  const { publications = [] } = deployment;
  if (publications.length === 0) return [{ at: 0, what: "publish: nothing of this was ever published from this folder" }];
  const remote = publications.filter(({ kind }) => kind === "remote");
  const digest = rowsDigest(deployment);
  return (remote.length > 0 ? remote : publications)
    .filter((publication) => publication.digest !== digest)
    .map(({ kind, place, publishedAt }) => {
      const where = kind === "remote" ? `--remote: the account with the secrets store ${place}` : `--local: ${place}`;
      return { at: 0, what: `publish ${where} has what there was on ${day(publishedAt)}` };
    });
}

function signerWork({ ocspSigners, ...deployment }: Deployment, now: number): readonly DueWork[] {
  const living = CERTIFICATE_LEVELS.flatMap((level) => livingIssuers({ ocspSigners, ...deployment }, level, now));
  const ends = living.map(({ name }) => {
    const signer = ocspSigners.findLast(({ authority }) => authority === name);
    return { name, end: signer === undefined ? 0 : endOf(signer) };
  });
  const [first] = ends.toSorted((left, right) => left.end - right.end);
  if (first === undefined) return [];
  const term = notice(deployment.configuration.validity.ocspSignerDays * DAY);
  return [
    { at: first.end - term, what: `rotate-ocsp, then publish: the OCSP signer of ${first.name} ends on ${day(first.end)}` },
  ];
}

/** A third at most of something short. */
const notice = (validity: number): number => Math.min(NOTICE, validity / 3);

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
