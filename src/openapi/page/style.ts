// The style sheet of the page: system fonts, the authenticator's colours, nothing fetched. Text has at least 4.5:1 on its ground.

export const STYLE = `:root {
  color-scheme: light dark;
  --ground: #fbfcf9;
  --sunk: #eff3ee;
  --line: #d5ddd4;
  --ink: #12211d;
  --soft: #4b5b54;
  --spruce: #0e4d45;
  --spruce-soft: #dfece6;
  --hazel-soft: #f8ecd6;
  --on-hazel-soft: #5e3a06;
  --focus: #b86a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1715;
    --sunk: #18221f;
    --line: #2d3b36;
    --ink: #ecf2ee;
    --soft: #a8b8b0;
    --spruce: #8ad2bf;
    --spruce-soft: #1b322c;
    --hazel-soft: #33270f;
    --on-hazel-soft: #f3d49b;
    --focus: #f0b45f;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html {
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.55 -apple-system, "Segoe UI Variable Text", "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", system-ui, sans-serif;
  -webkit-text-size-adjust: 100%;
  text-size-adjust: 100%;
  overflow-wrap: break-word;
  scroll-padding-block-start: 4.25rem;
}
body { margin: 0; }
h1, h2, h3, h4, h5, p, ul, figure, pre, table { margin: 0; }
h1 { font-size: 2.125rem; line-height: 1.15; letter-spacing: -0.022em; text-wrap: balance; }
h2 { font-size: 1.5rem; line-height: 1.2; letter-spacing: -0.015em; }
h3 { font-size: 1.1875rem; line-height: 1.3; }
h4 { font-size: 1rem; line-height: 1.35; margin-block-start: 0.75rem; }
h5 { font-size: 1rem; line-height: 1.35; margin-block-start: 0.75rem; }
a { color: var(--spruce); text-underline-offset: 0.15em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 0.125rem; }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", "DejaVu Sans Mono", monospace; font-size: 0.875em; }
pre code { font-size: inherit; }
:not(pre) > code { overflow-wrap: anywhere; }
p code, td code, li code { padding: 0.0625em 0.25em; border-radius: 0.25em; background: var(--sunk); }
.skip { position: absolute; inset-block-start: -4rem; inset-inline-start: 1rem; padding: 0.5rem 1rem; background: var(--ground); z-index: 2; }
.skip:focus { inset-block-start: 0.5rem; }

.top {
  position: sticky;
  inset-block-start: 0;
  z-index: 1;
  display: flex;
  flex-wrap: wrap;
  justify-content: space-between;
  align-items: center;
  gap: 0 1rem;
  padding: 0.75rem max(1rem, calc((100vw - 78rem) / 2));
  border-block-end: 1px solid var(--line);
  background: var(--ground);
}
.top a { text-decoration: none; padding-block: 0.25rem; }
.top a:hover { text-decoration: underline; }
.brand { color: var(--ink); font-weight: 700; }
.brand span { color: var(--soft); font-weight: 400; }

.frame { max-inline-size: 80rem; margin-inline: auto; padding-inline: 1rem; }
main { display: grid; gap: 3rem; min-inline-size: 0; padding-block: 2rem 6rem; }
main > section, .operation { display: grid; gap: 1rem; min-inline-size: 0; }
.operation { padding-block-start: 2rem; border-block-start: 1px solid var(--line); }
.operation > *, section > * { min-inline-size: 0; }
main p, main ul { max-inline-size: 46rem; }
.lead { font-size: 1.0625rem; color: var(--soft); }
.begin h3 { margin-block-start: 0.75rem; }
.addresses { padding-inline-start: 1.25rem; }
.anchor { color: inherit; text-decoration: none; }
.anchor:hover { text-decoration: underline; }
.route { font-size: 1.0625rem; line-height: 1.7; }
.route code { background: none; padding: 0; }
.method { padding: 0.125rem 0.5rem; border-radius: 0.375rem; font-size: 0.8125rem; font-weight: 700; letter-spacing: 0.04em; }
.method.post { background: var(--spruce-soft); color: var(--spruce); }
.method.get { background: var(--hazel-soft); color: var(--on-hazel-soft); }
.refusals a { display: inline-block; padding: 0.125rem 0.25rem; }

.contents ul { list-style: none; padding: 0; }
.contents ul ul { padding-inline-start: 0.75rem; margin-block-end: 0.5rem; }
.contents a { display: block; padding: 0.25rem 0.5rem; border-radius: 0.375rem; color: var(--soft); text-decoration: none; line-height: 1.35; font-size: 0.9375rem; }
.contents > ul > li > a, .contents nav > ul > li > a { color: var(--ink); font-weight: 650; }
.contents a:hover { background: var(--sunk); color: var(--ink); }
.contents.wide { display: none; }
.contents.narrow { border: 1px solid var(--line); border-radius: 0.625rem; padding-inline: 0.75rem; }
.contents summary { cursor: pointer; padding-block: 0.75rem; font-weight: 650; }
.contents.narrow nav { padding-block-end: 0.75rem; }

.listing { border: 1px solid var(--line); border-radius: 0.625rem; overflow: hidden; }
.listing figcaption { padding: 0.375rem 0.875rem; border-block-end: 1px solid var(--line); font-size: 0.875rem; color: var(--soft); }
.listing pre { overflow-x: auto; padding: 0.75rem 0.875rem; background: var(--sunk); line-height: 1.5; tab-size: 2; }
.wrapped pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.listing pre:focus-visible { outline-offset: -3px; }

.fields { inline-size: 100%; border-collapse: collapse; font-size: 0.9375rem; line-height: 1.45; }
.fields caption { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
.fields th, .fields td { padding: 0.625rem 0.75rem 0.625rem 0; text-align: start; vertical-align: top; font-weight: 400; }
.fields tr { border-block-end: 1px solid var(--line); }
.fields thead th { color: var(--soft); font-size: 0.8125rem; font-weight: 650; }
.fields tbody th code { font-weight: 650; }
.fields.problems tbody th { font-weight: 650; }
.fields .title { display: block; font-weight: 400; color: var(--soft); }
.presence { color: var(--soft); }
.presence.needed { padding: 0.0625rem 0.375rem; border-radius: 0.25rem; background: var(--spruce-soft); color: var(--spruce); }
:target { scroll-margin-block-start: 4.25rem; }
tr:target { background: var(--hazel-soft); }

@media (max-width: 47.99rem) {
  .fields, .fields tbody, .fields tr, .fields th, .fields td { display: block; }
  .fields thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
  .fields tr { padding-block: 0.625rem; }
  .fields th, .fields td { padding: 0.125rem 0; }
  .fields td:empty { display: none; }
  .fields th:nth-child(1), .fields td:nth-child(2) { display: inline; margin-inline-end: 0.375rem; }
  .fields.problems th:nth-child(1), .fields.problems td:nth-child(2) { display: block; }
}
@media (min-width: 48rem) {
  .fields { table-layout: fixed; }
  .fields th:nth-child(1) { inline-size: 27%; }
  .fields th:nth-child(2) { inline-size: 13%; }
  .fields th:nth-child(3) { inline-size: 25%; }
  .fields.problems th:nth-child(1) { inline-size: 20%; }
  .fields.problems th:nth-child(2) { inline-size: 55%; }
}
@media (min-width: 64rem) {
  .frame { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 3rem; }
  .contents.narrow { display: none; }
  .contents.wide {
    display: block;
    position: sticky;
    inset-block-start: 3.5rem;
    align-self: start;
    max-block-size: calc(100vh - 3.5rem);
    overflow-y: auto;
    padding-block: 2rem;
  }
}
@media print {
  .top, .contents { display: none; }
}
`;
