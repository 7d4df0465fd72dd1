// What a person can do in the app, as the views know it; what it does is in actions.ts.
import type { Language } from "../language/languages.ts";
import type { IdentityMethod } from "./identity-methods.ts";
import type { Choice } from "./language.ts";
import type { Purpose } from "../../account/purpose.ts";

export interface IdentityForm {
  readonly givenName: string;
  readonly surname: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly personalCode: string;
  /** `YYYY-MM-DD`, or empty. */
  readonly dateOfBirth: string;
  readonly level: "ADVANCED" | "QUALIFIED";
}

/** What a person can do. Which of them make sense depends on the screen; the others change nothing. */
export interface Actions {
  /** From welcome, and from a link that finds no account. */
  readonly startEnrolment: () => void;
  /** From home: another account on this device. */
  readonly addAccount: () => void;
  /** A new account takes the place of this one; what a link asked that this one was too little for is asked of the new one. */
  readonly renew: (accountId: string) => void;
  /** Once more, how the person can prove who they are. */
  readonly askMethods: () => void;
  readonly chooseMethod: (method: IdentityMethod) => void;
  readonly submitIdentity: (form: IdentityForm) => void;
  /** 0 to 9, into whichever PIN or code is being typed. */
  readonly press: (digit: number) => void;
  readonly erase: () => void;
  readonly confirmPin: () => void;
  /** Where a PIN is chosen: the app makes one, or another one. */
  readonly drawPin: () => void;
  /** Of the PIN that was made and is shown: its digit at that place, counted from 0. */
  readonly drawnDigit: (place: number) => number | undefined;
  /** From the PIN that was made to its repetition. */
  readonly rememberDrawnPin: () => void;
  readonly checkForTransactions: () => void;
  /** From home, from the settings, and after a practice: what a site would show. */
  readonly showPractice: () => void;
  /** The request that belongs to it. */
  readonly beginPractice: () => void;
  readonly openTransaction: (accountId: string, transactionId: string) => void;
  /** Of several on which a request waits: that account takes it, and no other is asked any more. */
  readonly useDevice: (accountId: string) => void;
  /** From the transaction to its PIN. */
  readonly proceed: () => void;
  readonly chooseCode: (code: string) => void;
  /** The code that was typed, where the app shows none. */
  readonly confirmCode: () => void;
  /** Whether the person types the codes of that account's requests; on this device alone. */
  readonly setTypesCode: (accountId: string, typesCode: boolean) => void;
  /** The passkey of an account: what it does, whether there is one. */
  readonly askPasskey: (accountId: string) => void;
  /** Makes one, tries it, turns it off. */
  readonly goOnWithPasskey: () => void;
  /** Where a renewed account had one: this one shall have none. */
  readonly declinePasskey: () => void;
  /** From home: it is not offered there any more. */
  readonly declinePasskeyOffer: () => void;
  /** Where it was to be used, it is not there any more. */
  readonly passkeyLost: () => void;
  /** Tells the relying party that the person refuses. */
  readonly refuse: () => void;
  /** The relying party may have the certificate. */
  readonly confirmChoice: () => void;
  /** The signature after a certificate choice is not waited for any more. */
  readonly stopWaiting: () => void;
  /** From home, and after a code that was too old. */
  readonly scan: () => void;
  /** What the camera saw. */
  readonly codeRead: (text: string) => void;
  /** Which account a link is opened with. */
  readonly openLinkWith: (accountId: string) => void;
  /** A link that did not reach the server. */
  readonly retryLink: () => void;
  /** To the page that began the request. */
  readonly returnToPage: () => void;
  readonly askDelete: () => void;
  readonly confirmDelete: () => void;
  /** Forgets a closed account, or one whose enrolment is given up. */
  readonly removeFromDevice: () => void;
  readonly selectAccount: (id: string) => void;
  /** From home: what became of the requests to this account's person. */
  readonly openHistory: () => void;
  /** After it could not be fetched. */
  readonly reloadHistory: () => void;
  readonly moreHistory: () => void;
  readonly openEntry: (id: string) => void;
  /** From an entry: "I did not start this". */
  readonly askDisown: () => void;
  /** The same from the end of a request. */
  readonly disownEnded: () => void;
  /** `refuseParty`: its requests that come by themselves are refused from now on. */
  readonly confirmDisown: (refuseParty: boolean) => void;
  /** `party`: id of the refusal that is taken back. */
  readonly allowParty: (party: string) => void;
  /** Back to where the person came from, without telling anybody anything. */
  readonly leave: () => void;
  readonly enableNotifications: () => void;
  /** From home: asks the browser not to throw the accounts away. */
  readonly keepStorage: () => void;
  /** Where the browser offers it. */
  readonly install: () => void;
  /** From home: of the account that is shown. */
  readonly openSettings: () => void;
  /** From the settings; asked for once more, what the server did not tell. */
  readonly openAccountDetails: () => void;
  readonly openNotifications: () => void;
  readonly sendTestPush: () => void;
  readonly openAbout: () => void;
  readonly showLicences: () => void;
  /** From the settings, and from what came of the last change. `accountId`: of that account, which is shown from then on. */
  readonly changePin: (purpose: Purpose, accountId?: string) => void;
  /** From home: keys of suites that the account lacks. */
  readonly addKeys: () => void;
  /** From home: what became of a change of a PIN was read. */
  readonly dismissPinChange: (accountId: string) => void;
  /** On any screen. Where the words of that language did not arrive nothing changes. */
  readonly chooseLanguage: (code: Language) => Promise<Choice>;
  /** From home: a notice of what happened to another account was read. */
  readonly dismissNotice: (accountId: string, noticeId: string) => void;
  /** Loads the new version, or looks for one where none is known of. */
  readonly update: () => void;
}
