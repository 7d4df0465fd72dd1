// What a push says, in every language of the app: "notice.title" and "notice.body" of its catalogs, which a test holds these against.

export interface NoticeWords {
  readonly lang: string;
  readonly title: string;
  readonly body: string;
}

const ENGLISH = { title: "Something is waiting for you", body: "Open Tally to see it." };
const WORDS: Readonly<Record<string, Omit<NoticeWords, "lang">>> = {
  en: ENGLISH,
  et: { title: "Midagi ootab teid", body: "Vaatamiseks avage Tally." },
  lv: { title: "Jūs kaut kas gaida", body: "Atveriet Tally, lai to redzētu." },
  lt: { title: "Jūsų kai kas laukia", body: "Atverkite „Tally“ ir pažiūrėkite." },
  ru: { title: "Требуется ваше внимание", body: "Откройте Tally, чтобы посмотреть." },
  nl: { title: "Er wacht iets op u", body: "Open Tally om het te bekijken." },
  fr: { title: "Quelque chose vous attend", body: "Ouvrez Tally pour voir." },
  de: { title: "Etwas wartet auf Sie", body: "Öffnen Sie Tally, um es zu sehen." },
};
/** In English where there are none of that language. */
export function noticeWords(lang: string): NoticeWords {
  const words = Object.hasOwn(WORDS, lang) ? WORDS[lang] : undefined;
  return words === undefined ? { lang: "en", ...ENGLISH } : { lang, ...words };
}
