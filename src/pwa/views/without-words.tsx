// The page before there are words: the nameplate, which index.html draws already, and where none come for long, those that came in the page.
import type { Language } from "../language/languages.ts";
import { Nameplate } from "./welcome.tsx";

interface WithoutWordsContent {
  /** Whose words do not come. */
  readonly awaited: Language | undefined;
  /** What is said then: an element of the page for each language, with the name of what loads the page anew after it. */
  readonly lateWords: Element | null;
  readonly reload: () => void;
}

export const WithoutWords = ({ awaited, lateWords, reload }: WithoutWordsContent) => {
  const [said, again] = awaited === undefined ? [] : wordsIn(lateWords, awaited);
  return (
    <div class="sheet">
      <Nameplate>
        <p class="problem" role="alert" lang={awaited}>
          {said}{" "}
          {again !== undefined && (
            <button type="button" class="link" onClick={reload}>
              {again}
            </button>
          )}
        </p>
      </Nameplate>
    </div>
  );
};

const wordsIn = (lateWords: Element | null, language: Language): readonly string[] =>
  [...(lateWords?.querySelectorAll(`[lang="${language}"] > *`) ?? [])].map(({ textContent }) => textContent ?? "");
