// The languages of the app, each by its own name, so that whoever reads none of the others finds theirs.
import { useState } from "preact/hooks";
import { isLanguage, LANGUAGES } from "../language/languages.ts";
import { language, text } from "../language/text.ts";
import { wordsAreMissing } from "../model/language.ts";
import type { Actions } from "../model/person-actions.ts";
import { ProblemLine } from "./notice.tsx";

interface LanguageContent {
  readonly actions: Actions;
  /** In the bar of a screen: its name is only heard. */
  readonly small?: boolean;
}

export function LanguageChoice({ actions, small = false }: LanguageContent) {
  const [missed, setMissed] = useState(false);
  const missing = missed || wordsAreMissing.value;
  return (
    <div class="field language-choice">
      <label for="language" class={small ? "heard" : undefined}>
        {text("language.label")}
      </label>
      <select
        id="language"
        value={language()}
        onChange={({ currentTarget }) => {
          const code = currentTarget.value;
          // Until its words are here, the choice is what is spoken.
          currentTarget.value = language();
          if (isLanguage(code)) void actions.chooseLanguage(code).then((spoken) => setMissed(!spoken));
        }}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
      <ProblemLine problem={missing ? { kind: "reload" } : undefined} reload={actions.update} />
    </div>
  );
}
