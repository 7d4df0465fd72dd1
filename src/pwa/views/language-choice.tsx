// The languages of the app, each by its own name, so that whoever reads none of the others finds theirs.
import { useState } from "preact/hooks";
import { isLanguage, type Language, LANGUAGES } from "../language/languages.ts";
import { language, text } from "../language/text.ts";
import { type Choice, wantedLanguage } from "../model/language.ts";
import type { Actions } from "../model/person-actions.ts";
import type { Problem } from "../model/screen-parts.ts";
import { ProblemLine } from "./notice.tsx";

interface LanguageContent {
  readonly actions: Actions;
  /** In the bar of a screen: its name is only heard. */
  readonly small?: boolean;
}

export function LanguageChoice({ actions, small = false }: LanguageContent) {
  /** Until its words are here, or are not. */
  const [chosen, setChosen] = useState<Language>();
  const [choice, setChoice] = useState<Choice>();
  const choose = async (code: Language): Promise<void> => {
    setChosen(code);
    setChoice(await actions.chooseLanguage(code));
    setChosen((now) => (now === code ? undefined : now));
  };
  const wanted = wantedLanguage.value;
  return (
    <div class="field language-choice">
      <label for="language" class={small ? "heard" : undefined}>
        {text("language.label")}
      </label>
      <select
        id="language"
        value={chosen ?? language()}
        aria-busy={chosen !== undefined}
        onChange={({ currentTarget: { value } }) => isLanguage(value) && void choose(value)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
      <ProblemLine
        problem={chosen === undefined ? problemOf(choice, wanted !== undefined && wanted.offer === undefined) : undefined}
        reload={actions.update}
      />
      <p class="language-offer" role="status">
        {wanted?.offer !== undefined && (
          <button type="button" class="link" lang={wanted.code} onClick={() => void choose(wanted.code)}>
            {wanted.offer}
          </button>
        )}
      </p>
    </div>
  );
}

/** `misses`: at the start, the words of the person's language were not here in time. */
function problemOf(choice: Choice | undefined, misses: boolean): Problem | undefined {
  if (choice === "gone") return { kind: "reload" };
  return choice === "late" || misses ? { kind: "language" } : undefined;
}
