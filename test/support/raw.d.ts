/** A file's text, put into the bundle: inside workerd there are no files. */
declare module "*.md?raw" {
  const text: string;
  export default text;
}
