// Every SQL statement about an account's key pairs and what was signed with them.
import type { KeyPair, KeyState } from "../../src/account/account-state.ts";
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import type { CertificateEntry } from "../../src/certificates/certificate-index.ts";
import type { ProofRequest } from "../../src/protocol/claimed-transaction.ts";

type Row = Record<string, SqlStorageValue>;

const bytesOf = (value: SqlStorageValue | undefined): Uint8Array<ArrayBuffer> =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(0);

export class KeyPairStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The key pair that PIN attempts are made with: the certified one, or, while the account is enrolled, the one that was proven. */
  current(purpose: Purpose, suite: Suite): KeyPair | undefined {
    return this.#select(
      `purpose = ? AND suite = ? AND (state = 'certified'
       OR state = 'proven' AND NOT EXISTS (SELECT 1 FROM key_pair WHERE certificate IS NOT NULL)) ORDER BY key_version DESC LIMIT 1`,
      purpose,
      suite,
    )[0];
  }

  /** Newest first: those that are being made, whether another stands or not. */
  unfinished(purpose: Purpose): readonly KeyPair[] {
    return this.#select("purpose = ? AND state IN ('initiated', 'joined', 'proven') ORDER BY key_version DESC", purpose);
  }

  find(purpose: Purpose, keyVersion: number): KeyPair | undefined {
    return this.#select("purpose = ? AND key_version = ?", purpose, keyVersion)[0];
  }

  /** Every key pair of a purpose that was not destroyed, oldest first. */
  living(purpose: Purpose): readonly KeyPair[] {
    return this.#select("purpose = ? AND state <> 'destroyed' ORDER BY key_version", purpose);
  }

  /** SubjectPublicKeyInfo of every key pair that this account ever had. */
  everyPublicKey(): readonly Uint8Array[] {
    return this.#sql
      .exec<Row>("SELECT public_key FROM key_pair WHERE public_key IS NOT NULL")
      .toArray()
      .map((row) => bytesOf(row["public_key"]));
  }

  /** The version of a new key, which names it among all of its purpose, whatever their suite. */
  initiate(purpose: Purpose, suite: Suite): number {
    const { newest } = this.#sql
      .exec<{ newest: number | null }>("SELECT max(key_version) AS newest FROM key_pair WHERE purpose = ?", purpose)
      .one();
    const keyVersion = (newest ?? 0) + 1;
    this.#sql.exec(
      "INSERT INTO key_pair (purpose, key_version, suite, state) VALUES (?, ?, ?, 'initiated')",
      purpose,
      keyVersion,
      suite,
    );
    return keyVersion;
  }

  join(key: Pick<KeyPair, "purpose" | "keyVersion" | "publicKey" | "serverShare" | "proofNonce">, proof: ProofRequest): void {
    this.#sql.exec(
      `UPDATE key_pair SET state = 'joined', public_key = ?, server_share = ?, proof = ?, proof_nonce = ?
       WHERE purpose = ? AND key_version = ?`,
      key.publicKey.slice().buffer,
      key.serverShare.slice().buffer,
      JSON.stringify(proof),
      key.proofNonce?.slice().buffer ?? null,
      key.purpose,
      key.keyVersion,
    );
  }

  proof(key: KeyPair): ProofRequest {
    const row = this.#sql
      .exec<{ proof: string }>("SELECT proof FROM key_pair WHERE purpose = ? AND key_version = ?", key.purpose, key.keyVersion)
      .one();
    return JSON.parse(row.proof) as ProofRequest;
  }

  /**
   * The serial number is fixed here, so that an issuing that is repeated after a crash issues the same certificate. `grantHash`: of the
   * run that the key was made in.
   */
  prove(key: KeyPair, serialNumber: Uint8Array, grantHash: Uint8Array): void {
    this.#sql.exec(
      `UPDATE key_pair SET state = 'proven', proof = NULL, proof_nonce = NULL, serial_number = ?, grant_hash = ?
       WHERE purpose = ? AND key_version = ?`,
      serialNumber.slice().buffer,
      grantHash.slice().buffer,
      key.purpose,
      key.keyVersion,
    );
  }

  isOfRun({ purpose, keyVersion }: KeyPair, grantHash: Uint8Array): boolean {
    const statement = "SELECT 1 FROM key_pair WHERE purpose = ? AND key_version = ? AND grant_hash = ?";
    return this.#sql.exec(statement, purpose, keyVersion, grantHash.slice().buffer).toArray().length > 0;
  }

  /** Before the index hears of it: whoever closes the account meanwhile knows what to revoke. */
  announce(key: KeyPair, indexEntry: CertificateEntry): void {
    this.#sql.exec(
      "UPDATE key_pair SET index_entry = ? WHERE purpose = ? AND key_version = ?",
      JSON.stringify(indexEntry),
      key.purpose,
      key.keyVersion,
    );
  }

  /** For another certificate than the one that was announced. */
  renumber(key: KeyPair, serialNumber: Uint8Array): void {
    this.#sql.exec(
      "UPDATE key_pair SET serial_number = ?, index_entry = NULL WHERE purpose = ? AND key_version = ?",
      serialNumber.slice().buffer,
      key.purpose,
      key.keyVersion,
    );
  }

  certify(key: KeyPair, certificate: Uint8Array, indexEntry: CertificateEntry): void {
    this.#sql.exec(
      "UPDATE key_pair SET state = 'certified', certificate = ?, index_entry = ? WHERE purpose = ? AND key_version = ?",
      certificate.slice().buffer,
      JSON.stringify(indexEntry),
      key.purpose,
      key.keyVersion,
    );
  }

  /** 16 random bytes; empty until the key is proven. */
  serialNumber(key: KeyPair): Uint8Array<ArrayBuffer> {
    return bytesOf(this.#column("serial_number", key));
  }

  /** What the certificate index knows this key's certificate by; undefined until it is about to hear of it. */
  indexEntry(key: KeyPair): CertificateEntry | undefined {
    const entry = this.#column("index_entry", key);
    return entry === null ? undefined : (JSON.parse(entry as string) as CertificateEntry);
  }

  /** What the certificate index knows of everything that was ever certified here, oldest first. */
  indexEntries(): readonly { readonly purpose: Purpose; readonly suite: Suite; readonly entry: CertificateEntry }[] {
    return this.#sql
      .exec<Row>("SELECT purpose, suite, index_entry FROM key_pair WHERE index_entry IS NOT NULL ORDER BY key_version, purpose")
      .toArray()
      .map((row) => ({
        purpose: row["purpose"] as Purpose,
        suite: row["suite"] as Suite,
        entry: JSON.parse(row["index_entry"] as string) as CertificateEntry,
      }));
  }

  /** Serial numbers that no index entry is known for, oldest first: 16 random bytes each. */
  unannouncedSerialNumbers(): readonly { readonly purpose: Purpose; readonly suite: Suite; readonly serialNumber: Uint8Array }[] {
    return this.#sql
      .exec<Row>(
        `SELECT purpose, suite, serial_number FROM key_pair WHERE index_entry IS NULL AND serial_number IS NOT NULL
         ORDER BY key_version, purpose`,
      )
      .toArray()
      .map((row) => ({
        purpose: row["purpose"] as Purpose,
        suite: row["suite"] as Suite,
        serialNumber: bytesOf(row["serial_number"]),
      }));
  }

  /** DER; empty until certified. */
  certificate(key: KeyPair): Uint8Array<ArrayBuffer> {
    return bytesOf(this.#column("certificate", key));
  }

  /** Forgets the server share. The public key and the certificate stay, for the record. */
  destroy({ purpose, keyVersion }: Pick<KeyPair, "purpose" | "keyVersion">): void {
    this.#sql.exec(
      `UPDATE key_pair SET state = 'destroyed', server_share = NULL, proof = NULL, proof_nonce = NULL
       WHERE purpose = ? AND key_version = ?`,
      purpose,
      keyVersion,
    );
  }

  wasAccepted(messageKey: Uint8Array): boolean {
    return this.#sql.exec("SELECT 1 FROM accepted_message WHERE message_key = ?", messageKey.slice().buffer).toArray().length > 0;
  }

  recordAccepted(messageKey: Uint8Array): void {
    this.#sql.exec("INSERT OR IGNORE INTO accepted_message VALUES (?)", messageKey.slice().buffer);
  }

  #select(clause: string, ...bindings: readonly SqlStorageValue[]): readonly KeyPair[] {
    return this.#sql
      .exec<Row>(
        `SELECT purpose, key_version, suite, state, public_key, server_share, proof_nonce FROM key_pair WHERE ${clause}`,
        ...bindings,
      )
      .toArray()
      .map((row) => ({
        purpose: row["purpose"] as Purpose,
        keyVersion: row["key_version"] as number,
        suite: row["suite"] as Suite,
        state: row["state"] as KeyState,
        publicKey: bytesOf(row["public_key"]),
        serverShare: bytesOf(row["server_share"]),
        proofNonce: row["proof_nonce"] === null ? undefined : bytesOf(row["proof_nonce"]),
      }));
  }

  #column(name: "serial_number" | "certificate" | "index_entry", key: KeyPair): SqlStorageValue {
    const rows = this.#sql.exec<Row>(
      `SELECT ${name} AS value FROM key_pair WHERE purpose = ? AND key_version = ?`,
      key.purpose,
      key.keyVersion,
    );
    return rows.one()["value"] ?? null;
  }
}
