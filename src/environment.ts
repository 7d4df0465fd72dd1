// Every binding and variable of wrangler.toml, as the Worker and its objects see them, and those that the start script adds.
import type { AccountApi, PersonApi, SessionApi } from "./account/objects.ts";

type ObjectNamespace<Api> = DurableObjectNamespace<Api & Rpc.DurableObjectBranded>;

export interface Environment {
  readonly ACCOUNTS: ObjectNamespace<AccountApi>;
  readonly SESSIONS: ObjectNamespace<SessionApi>;
  readonly PERSONS: ObjectNamespace<PersonApi>;
  /** Relying parties, certificate authorities, OCSP signers, certificate index, CRLs, pool of server shares. */
  readonly DATABASE: D1Database;

  /** Classes of relying parties: POSTs of one party in a minute. */
  readonly RATE_LIMIT_SMALL: RateLimit;
  readonly RATE_LIMIT_STANDARD: RateLimit;
  readonly RATE_LIMIT_LARGE: RateLimit;

  /** Takes a message for each session that is over; see metering/metered-session.ts. */
  readonly METERING: Queue;
  /** Takes what accounts recorded for auditors; see audit/chain.ts. */
  readonly AUDIT: Queue;

  /**
   * Wraps everything secret that the objects store: one key of 32 bytes in base64, whose id is then `kek-1`, or several as words `id:key`
   * apart by white space.
   */
  readonly KEK: SecretsStoreSecret;
  /**
   * PKCS#8 in base64, ECDSA P-384: keys of the two issuing CAs. Several may stand there, apart by white space: the first issues, the
   * others sign the CRLs of the authorities of before.
   */
  readonly ISSUER_KEY_QUALIFIED: SecretsStoreSecret;
  readonly ISSUER_KEY_NON_QUALIFIED: SecretsStoreSecret;
  /** PKCS#8 in base64, ECDSA P-256, one or several likewise: keys of the OCSP signers for what the two issue. */
  readonly OCSP_KEY_QUALIFIED: SecretsStoreSecret;
  readonly OCSP_KEY_NON_QUALIFIED: SecretsStoreSecret;
  /** Private JWK, ES256: signs the transcripts of the device channel. */
  readonly CHANNEL_SIGNING_KEY: SecretsStoreSecret;
  /** Private JWK, ECDH-ES on P-256: opens the second envelopes. */
  readonly CHANNEL_ENCRYPTION_KEY: SecretsStoreSecret;
  /** 32 bytes, base64: turns a sessionID into the name of its Session object. */
  readonly SESSION_NAME_KEY: SecretsStoreSecret;
  /** Private JWK, ES256: this server's name with push services (VAPID). */
  readonly VAPID_PRIVATE_KEY: SecretsStoreSecret;

  /** "true" on a developer's machine only: self-asserted identities, the DEMO relying party, TEST certificates. */
  readonly LOCAL_MODE: string;
  /** The current KEK: everything new is wrapped under it, and names it. */
  readonly KEK_ID: string;
  /** JSON list of `{id, url, key}`: KEKs that a KMS keeps (vault/external-key.ts). Absent or empty: none. */
  readonly EXTERNAL_KEKS?: string;
  /** A secret of the Worker, words `id:token` apart by white space: what each of those is asked with. */
  readonly EXTERNAL_KEK_TOKENS?: string;
  /** In which suites the keys of new accounts are made: `rsa`, or `rsa,ed25519`. Absent: `rsa`. */
  readonly KEY_SUITES?: string;
  /** Whole months that a new account lives, 1 to 36, and its certificates with it. Absent: 36. */
  readonly ACCOUNT_LIFETIME_MONTHS?: string;
  /** Server shares of suite `rsa` that are held ready for enrolments; two for each account that enrols at once. */
  readonly SHARE_POOL_SIZE: string;
  /** Where all objects run and keep their data: `eu`, `us`, `fedramp`, `fedramp-high`. Empty: anywhere. */
  readonly JURISDICTION: string;
  /** First field of ACSP_V2. */
  readonly SCHEME_NAME: string;
  /** Address of the authenticator's page for device links, without a query. Empty: `/device-link` of the origin that was asked. */
  readonly DEVICE_LINK_BASE: string;
  /** Base of the addresses that are written into certificates, without a trailing slash. */
  readonly PKI_BASE_URL: string;
  /** JSON; see certificates/policies.ts. Empty: the profile that existing client libraries expect. */
  readonly CERTIFICATE_POLICIES: string;
  /** Whom push services write to: a `mailto:` or `https:` address. */
  readonly VAPID_SUBJECT: string;
  /** Who runs this service, as people are told (registration/operator.ts): a name, an address to ask at, terms, privacy. Empty: not said. */
  readonly OPERATOR_NAME?: string;
  readonly OPERATOR_CONTACT?: string;
  readonly OPERATOR_TERMS?: string;
  readonly OPERATOR_PRIVACY?: string;
  /** Public JWK, ES256, as JSON: whoever has its private half gives orders about accounts. Empty: nobody can. */
  readonly OPERATOR_PUBLIC_KEY: string;
  /** Origin of this server: orders for another are refused. Empty: whatever origin a request says it was sent to. */
  readonly OPERATOR_AUDIENCE: string;

  /**
   * Signs time stamps, given by the start script of a developer's machine alone: wrangler.toml has none, production no time stamps.
   * JSON `{certificate, privateKey}`: DER and PKCS#8, both in base64, ECDSA P-256.
   */
  readonly TIME_STAMP_SIGNER?: string;

  /**
   * Makes server shares (`GET /{suite}`: the bytes that go into the pool) in another process, given by the start script of a developer's
   * machine alone: its runtime has one thread, which stands still while a key is made.
   */
  readonly SHARE_MAKER?: Pick<Fetcher, "fetch">;

  /** Of the demo bank, given by the start script of a developer's machine alone: wrangler.toml has none of them, production no bank. */
  readonly DEMO_BANK?: D1Database;
  /** PEM: the CA certificates that the bank trusts. */
  readonly DEMO_BANK_TRUST_ANCHORS?: string;
  /** Base address of the relying-party API that the bank uses. */
  readonly DEMO_BANK_API?: string;
  /** Address of the bank itself, up to and with `/demo`. */
  readonly DEMO_BANK_URL?: string;

  /** Of the simulator of test people, on the loopback interface; given by the start script of a developer's machine alone. */
  readonly TEST_PEOPLE_SERVICE?: string;
}
