// Every SQL statement about the relying parties whose notification sessions the person refuses. A refusal holds for accounts of the level of
// the one that it was said on, and below: who proved less decides nothing for who proved more.
import type { AccountSummary } from "../../src/account/objects.ts";
import type { CertificateLevel } from "../../src/account/purpose.ts";
import { MAXIMUM_REFUSED_OF_LEVEL, type RefusedParty } from "../../src/protocol/history.ts";

/** `?1`: the level of the account that looks. */
export const REFUSALS_IN_SIGHT = "(refused_party.level = 'ADVANCED' OR ?1 = 'QUALIFIED')";

/** `id`: random. */
export function refuseParty(
  sql: SqlStorage,
  { relyingPartyUUID, relyingPartyName }: { readonly relyingPartyUUID: string; readonly relyingPartyName: string },
  { id, level, since }: { readonly id: string; readonly level: CertificateLevel; readonly since: number },
): void {
  const insert =
    "INSERT OR IGNORE INTO refused_party (id, relying_party, relying_party_name, level, since) VALUES (?, ?, ?, ?, ?)";
  sql.exec(insert, id, relyingPartyUUID, relyingPartyName, level, since);
  sql.exec(
    "DELETE FROM refused_party WHERE id IN (SELECT id FROM refused_party WHERE level = ? ORDER BY since DESC, id LIMIT -1 OFFSET ?)",
    level,
    MAXIMUM_REFUSED_OF_LEVEL,
  );
}

/** Newest first, each party once. */
export const refusedParties = (sql: SqlStorage, level: CertificateLevel): RefusedParty[] =>
  sql
    .exec<{ id: string; relying_party_name: string; since: number }>(
      `SELECT id, relying_party_name, max(since) AS since FROM refused_party WHERE ${REFUSALS_IN_SIGHT}
       GROUP BY relying_party ORDER BY since DESC, id`,
      level,
    )
    .toArray()
    .map(({ id, relying_party_name: relyingPartyName, since }) => ({ id, relyingPartyName, since }));

/** UUID of the party; undefined where the account sees no refusal of that id. */
export function refusedParty(sql: SqlStorage, level: CertificateLevel, id: string): string | undefined {
  const query = `SELECT relying_party FROM refused_party WHERE id = ?2 AND ${REFUSALS_IN_SIGHT}`;
  return sql.exec<{ relying_party: string }>(query, level, id).toArray()[0]?.relying_party;
}

/** Takes back every refusal of that party that the account sees. */
export function allowParty(sql: SqlStorage, level: CertificateLevel, id: string): void {
  sql.exec(
    `DELETE FROM refused_party WHERE ${REFUSALS_IN_SIGHT}
     AND relying_party = (SELECT relying_party FROM refused_party WHERE id = ?2 AND ${REFUSALS_IN_SIGHT})`,
    level,
    id,
  );
}

/** Whether the party's notifications are refused on this account. */
export function isRefused(sql: SqlStorage, { level }: AccountSummary, relyingPartyUUID: string): boolean {
  const query = "SELECT 1 FROM refused_party WHERE relying_party = ? AND (level = 'QUALIFIED' OR ? = 'ADVANCED')";
  return sql.exec(query, relyingPartyUUID, level).toArray().length > 0;
}
