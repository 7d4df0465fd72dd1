// Which accounts this browser holds, and what the server last said of each, so that the app can show them without a network.
import type { Purpose } from "../../account/purpose.ts";
import type { DeviceRecord } from "../../authenticator/device-record.ts";
import type { AnswerBody } from "../../protocol/device-messages.ts";
import { readAll, readEntry, removeEntry, writeEntry } from "./database.ts";

/** Written down before the keys are made, and forgotten when the person knows what came of it. */
export interface PinChange {
  readonly purpose: Purpose;
  /** Of the main suite's key that stood when it began. */
  readonly keyVersion: number;
  /** Milliseconds since the epoch, by this device's clock: no two changes have the same. Missing in what earlier versions wrote. */
  readonly begunAt?: number | undefined;
}

/** What no server says of an account, and what its person has chosen on this device. */
export interface OwnDoing {
  /** Id of the account that this one was made to renew, which is closed when this one is active; absent for none. */
  readonly renews?: string | undefined;
  /** Document number of the account that this app closed because this one takes its place; absent for none. */
  readonly renewed?: string | undefined;
  /** That account had a passkey, and the person has not said yet whether this one shall have one; absent for no. */
  readonly missesPasskey?: boolean | undefined;
  /** The person types the code that the relying party shows, and the app shows none; absent for no. */
  readonly typesCode?: boolean | undefined;
  /** A change of a PIN that was begun, and that the person was not told the end of; absent for none. */
  readonly pinChange?: PinChange | undefined;
}

export const ownDoingOf = ({ renews, renewed, missesPasskey, typesCode, pinChange }: OwnDoing): OwnDoing => ({
  renews,
  renewed,
  missesPasskey,
  typesCode,
  pinChange,
});

export interface StoredAccount extends OwnDoing {
  /** A random UUID of this browser's own. */
  readonly id: string;
  /** Milliseconds since the epoch, by this device's clock. */
  readonly createdAt: number;
  /** Undefined until the server was first asked. */
  readonly state: KeyState | undefined;
  /** Milliseconds that the server's clock was ahead of this device's. */
  readonly clockSkew: number;
  /** Ids of its notices that the person has understood, until the server has heard of it. */
  readonly understood: readonly string[];
}

type KeyState = AnswerBody<"getKeyState">;

/** As the app wrote it before accounts were told of others, before signatures were awaited, before there was a second suite, or since. */
interface EarlierAccount extends Omit<StoredAccount, "state" | "understood"> {
  readonly understood?: readonly string[];
  readonly state: (Omit<KeyState, Later> & Partial<Pick<KeyState, Later>>) | undefined;
}

type Later = keyof typeof LATER;

const LATER = { notices: [], awaited: null, suites: [], keys: [], reKey: null } satisfies Partial<KeyState>;

/** What the device record tells of an account. */
type OfRecord = Pick<DeviceRecord, "owner" | "passkey">;

/** With what their records tell of them, in the order in which they were made. One whose record is gone was being forgotten. */
export async function loadAccounts(): Promise<readonly { account: StoredAccount; record: OfRecord }[]> {
  const accounts = await readAll<EarlierAccount>("accounts");
  const loaded: { account: StoredAccount; record: OfRecord }[] = [];
  for (const account of accounts.toSorted((left, right) => left.createdAt - right.createdAt)) {
    const record = await readEntry<DeviceRecord>("records", account.id);
    const state = account.state && { ...LATER, ...account.state };
    if (record !== undefined) loaded.push({ account: { understood: [], ...account, state }, record });
  }
  return loaded;
}

/** Undefined where it was forgotten, in another window perhaps. */
export const readAccount = (id: string): Promise<Omit<EarlierAccount, "state"> | undefined> => readEntry("accounts", id);

export const saveAccount = (account: StoredAccount): Promise<void> => writeEntry("accounts", account.id, account);

export async function forgetAccount(id: string): Promise<void> {
  await removeEntry("accounts", id);
  await removeEntry("records", id);
}

/**
 * Asks the browser not to throw the accounts away when space runs out. Some ask the person, most decide by themselves. Undefined where it
 * cannot be asked.
 */
export const keepForGood = async (): Promise<boolean | undefined> => storageManager()?.persist?.();

/** Whether it has promised that. Asks nobody anything; undefined where it does not say. */
export const isKeptForGood = async (): Promise<boolean | undefined> => storageManager()?.persisted?.();

/** Not there in insecure contexts and in some private windows. */
const storageManager = (): Partial<StorageManager> | undefined => (navigator as { storage?: StorageManager }).storage;
