// The page before there are words: the nameplate, which index.html draws already, and where none come for long, those that came in the page.
import type { Language } from "../language/languages.ts";
import { Nameplate } from "./welcome.tsx";

interface WithoutWordsContent {
  /** Whose words do not come. */
  readonly awaited: Language | undefined;
  readonly reload: () => void;
}

export const WithoutWords = ({ awaited, reload }: WithoutWordsContent) => {
  const [said, again] = awaited === undefined ? [] : wordsOfPage(awaited);
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

/** What is said, and the name of the button that loads the page anew. */
function wordsOfPage(language: Language): readonly string[] {
  const { content } = document.querySelector<HTMLTemplateElement>("#late-words") ?? {};
  return [...(content?.querySelectorAll(`[lang="${language}"] > *`) ?? [])].map(({ textContent }) => textContent ?? "");
}
