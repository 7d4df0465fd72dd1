// What a person can do in the app, as the views know it; what it does is in actions.ts.

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
  /** From home: a new account takes the place of this one. */
  readonly renew: (accountId: string) => void;
  readonly submitIdentity: (form: IdentityForm) => void;
  /** 0 to 9, into whichever PIN is being typed. */
  readonly press: (digit: number) => void;
  readonly erase: () => void;
  readonly confirmPin: () => void;
  readonly checkForTransactions: () => void;
  readonly openTransaction: (accountId: string, transactionId: string) => void;
  /** From the transaction to its PIN. */
  readonly proceed: () => void;
  readonly chooseCode: (code: string) => void;
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
  /** Back to where the person came from, without telling anybody anything. */
  readonly leave: () => void;
  readonly enableNotifications: () => void;
  /** From home: a notice of what happened to another account was read. */
  readonly dismissNotice: (accountId: string, noticeId: string) => void;
  /** Loads the new version. */
  readonly update: () => void;
}
