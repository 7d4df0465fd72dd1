/** A file's text, put into the bundle: inside workerd there are no files. */
declare module "*.md?raw" {
  const text: string;
  export default text;
}

/** Of Vite: the text of every file that a pattern names, by its path. */
interface ImportMeta {
  glob<Content extends string>(
    patterns: string | readonly string[],
    options: { readonly query: "?raw"; readonly import: "default"; readonly eager: true },
  ): Readonly<Record<string, Content>>;
}
