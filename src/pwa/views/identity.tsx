// Who the person is, in their own words: the only way to prove it on a server for testing, which the screen says.
import { useState } from "preact/hooks";
import { locale, text } from "../language/text.ts";
import type { Actions, IdentityForm } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import {
  COUNTRIES_AFTER,
  COUNTRIES_FIRST,
  holdsDateOfBirth,
  isDigitsOnly,
  likelyCountry,
  personalCodeHint,
} from "./countries.ts";
import { Field, Level, textOf } from "./fields.tsx";
import { Frame, PrimaryButton } from "./frame.tsx";
import { Notice, ProblemLine } from "./notice.tsx";
import { OperatorContact } from "./operator.tsx";
import { countryName, levelName } from "./person.ts";

interface IdentityContent {
  readonly screen: Screen & { name: "identity" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function Identity({ screen, state, actions }: IdentityContent) {
  const [country, setCountry] = useState(() => likelyCountry(navigator.languages));
  const [personalCode, setPersonalCode] = useState("");
  const asksBirth = !holdsDateOfBirth(country, personalCode);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!screen.busy) actions.submitIdentity(readForm(new FormData(event.currentTarget)));
      }}
    >
      <Frame
        kind="identity"
        heading={text("identity.heading")}
        back={{ name: text("app.back"), go: actions.leave }}
        holds
        actions={
          <>
            <ProblemLine problem={screen.problem} />
            {screen.problem?.kind === "refused" && <OperatorContact operator={state.operator} />}
            <PrimaryButton busy={screen.busy}>{text("app.continue")}</PrimaryButton>
          </>
        }
      >
        <Notice tone="care" icon="warning" title={text("identity.testing")}>
          <p>{text("identity.testingWords")}</p>
        </Notice>
        <div class="fields">
          <Field name="givenName" label={text("identity.givenName")} autoComplete="given-name" maxLength={200} />
          <Field name="surname" label={text("identity.surname")} autoComplete="family-name" maxLength={200} />
          <CountryField country={country} onChange={setCountry} />
          <Field
            name="personalCode"
            label={text("account.personalCode")}
            hint={personalCodeHint(country)}
            autoComplete="off"
            autoCapitalize="characters"
            inputMode={isDigitsOnly(country) ? "numeric" : "text"}
            maxLength={32}
            onInput={setPersonalCode}
          />
          {asksBirth && (
            <Field
              name="dateOfBirth"
              label={text("identity.dateOfBirth")}
              hint={text("identity.dateOfBirthHint")}
              type="date"
              min="1800-01-01"
              max={new Date().toISOString().slice(0, 10)}
              autoComplete="bday"
            />
          )}
        </div>
        <fieldset class="levels">
          <legend>{text("identity.level")}</legend>
          <Level value="QUALIFIED" name={levelName("QUALIFIED")} words={text("identity.full")} checked />
          <Level value="ADVANCED" name={levelName("ADVANCED")} words={text("identity.basic")} />
        </fieldset>
      </Frame>
    </form>
  );
}

interface CountryChoice {
  readonly country: string;
  readonly onChange: (country: string) => void;
}

const CountryField = ({ country, onChange }: CountryChoice) => (
  <div class="field">
    <label for="field-country">{text("identity.country")}</label>
    <select id="field-country" name="country" value={country} onChange={(event) => onChange(event.currentTarget.value)}>
      <optgroup label={text("identity.checkedCountries")}>{COUNTRIES_FIRST.map(countryOption)}</optgroup>
      <optgroup label={text("identity.otherCountries")}>{COUNTRIES_AFTER.toSorted(byName).map(countryOption)}</optgroup>
    </select>
  </div>
);

const byName = (one: string, other: string) => countryName(one).localeCompare(countryName(other), locale());

const countryOption = (code: string) => (
  <option key={code} value={code}>
    {countryName(code)}
  </option>
);

const readForm = (form: FormData): IdentityForm => ({
  givenName: textOf(form, "givenName"),
  surname: textOf(form, "surname"),
  country: textOf(form, "country"),
  personalCode: textOf(form, "personalCode").toUpperCase(),
  dateOfBirth: textOf(form, "dateOfBirth"),
  level: textOf(form, "level") === "ADVANCED" ? "ADVANCED" : "QUALIFIED",
});
