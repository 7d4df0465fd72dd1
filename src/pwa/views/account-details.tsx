// An account with everything that is known of it, and its certificates, each to be saved as a file.
import { useState } from "preact/hooks";
import type { AccountCertificate } from "../../protocol/account-certificates.ts";
import { fromBase64Url } from "../../protocol/encoding.ts";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView, AppState, Screen } from "../model/state.ts";
import { Frame, QuietButton } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { MakeFull } from "./make-full.tsx";
import { ProblemLine } from "./notice.tsx";
import { fullName, levelName, maskedDocumentNumber, maskedPersonalCode, personalCode, pinName } from "./person.ts";
import { calendarDay } from "./server-clock.ts";
import { Spelled } from "./spelled.tsx";

interface DetailsContent {
  readonly screen: Screen & { name: "account-details" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function AccountDetails({ screen, state, actions }: DetailsContent) {
  const [shown, setShown] = useState(false);
  const account = state.accounts.find(({ id }) => id === screen.accountId);
  const { told, asking, trouble } = screen;
  return (
    <Frame
      kind="account-details"
      eyebrow={text("account.account")}
      heading={fullName(account)}
      back={{ name: text("app.back"), go: actions.leave }}
    >
      {account !== undefined && <Facts account={account} appliedAt={told?.appliedAt} shown={shown} />}
      <button type="button" class="link" aria-pressed={shown} onClick={() => setShown(!shown)}>
        {text(shown ? "account.hideNumbers" : "account.showNumbers")}
      </button>
      <MakeFull account={account} state={state} actions={actions} />
      <h2>{text("account.certificates")}</h2>
      <p class="fine">{text("account.certificatesWords")}</p>
      <p class="fine" role="status">
        {asking && text("account.asking")}
      </p>
      <ProblemLine problem={trouble} />
      {trouble !== undefined && (
        <QuietButton busy={asking} onClick={actions.openAccountDetails}>
          {text("app.tryAgain")}
        </QuietButton>
      )}
      {told?.certificates.map((certificate) => (
        <Certificate key={certificate.serialNumber} certificate={certificate} shown={shown} />
      ))}
    </Frame>
  );
}

interface FactsContent {
  readonly account: AccountView;
  readonly appliedAt: number | undefined;
  readonly shown: boolean;
}

function Facts({ account: { owner, state }, appliedAt, shown }: FactsContent) {
  const code = owner?.semanticsIdentifier ?? "";
  const documentNumber = state?.documentNumber ?? "";
  return (
    <dl class="facts">
      <Fact name={text("account.level")} value={levelName(state?.level ?? "")} />
      <Fact name={text("account.personalCode")} value={shown ? personalCode(code) : maskedPersonalCode(code)} isCode />
      <Fact
        name={text("account.documentNumber")}
        value={shown ? documentNumber : maskedDocumentNumber(documentNumber)}
        isCode
        whole
      />
      {appliedAt !== undefined && <Fact name={text("account.since")} value={calendarDay(appliedAt)} />}
      {state !== undefined && state.expiresAt > 0 && (
        <Fact name={text("home.activeUntil")} value={calendarDay(state.expiresAt)} />
      )}
    </dl>
  );
}

interface FactContent {
  readonly name: string;
  readonly value: string;
  readonly isCode?: boolean;
  /** Nothing of it is a word. */
  readonly whole?: boolean;
}

const Fact = ({ name, value, isCode = false, whole = false }: FactContent) => (
  <div>
    <dt>{name}</dt>
    <dd translate={!isCode}>{isCode ? <Spelled code={value} whole={whole} /> : value}</dd>
  </div>
);

/** The subject holds the personal code: masked with it. */
function Certificate({ certificate, shown }: { readonly certificate: AccountCertificate; readonly shown: boolean }) {
  const { purpose, issuerName, issuer, subject, serialNumber, notBefore, notAfter, key } = certificate;
  const name = `${text(`purpose.${purpose}`)} · ${key.algorithm}`;
  return (
    <section class="certificate">
      <div class="certificate-head">
        <h3>{name}</h3>
        <span class="tag">{pinName(purpose)}</span>
      </div>
      <dl class="facts">
        <Fact name={text("certificate.from")} value={calendarDay(notBefore)} />
        <Fact name={text("certificate.until")} value={calendarDay(notAfter)} />
        <Fact name={text("certificate.key")} value={text("certificate.bits", { ...key })} />
        <Fact name={text("certificate.issuer")} value={shown ? issuer : issuerName} isCode />
        {shown && <Fact name={text("certificate.subject")} value={subject} isCode />}
        <Fact name={text("certificate.serialNumber")} value={inGroups(serialNumber)} isCode whole />
      </dl>
      <button
        type="button"
        class="link"
        aria-label={`${text("certificate.save")}: ${name}`}
        onClick={() => save(certificate, `tally-${purpose}-${key.algorithm.toLowerCase()}.cer`)}
      >
        <Icon name="save" />
        {text("certificate.save")}
      </button>
    </section>
  );
}

/** Of four, so that it is read out and compared more easily. */
export const inGroups = (digits: string): string => digits.replaceAll(/(.{4})(?=.)/g, "$1 ");

/** As the browser saves any file: nothing is sent anywhere. */
function save({ der }: AccountCertificate, name: string): void {
  const bytes = fromBase64Url(der);
  if (bytes === undefined) return;
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/pkix-cert" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
