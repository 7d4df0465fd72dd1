// A browser without a screen, as far as HTML forms need one: cookies, links, forms, redirects. Runs in workerd and in Node.

export interface Page {
  readonly status: number;
  /** Path and query of where the redirects ended. */
  readonly path: string;
  readonly headers: Headers;
  readonly html: string;
  /** What is there to read, entities decoded. */
  readonly text: string;
}

interface Form {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

export type Send = (request: Request) => Promise<Response>;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export class FormBrowser {
  /** By name; those that are not for all of the site's pages by `name@path`. */
  readonly cookies = new Map<string, string>();
  /** Every Set-Cookie that came, as it came. */
  readonly setCookies: string[] = [];
  readonly #origin: string;
  readonly #send: Send;
  page: Page | undefined;

  constructor(origin: string, send: Send) {
    this.#origin = origin;
    this.#send = send;
  }

  async get(path: string): Promise<Page> {
    return this.#follow(path, { method: "GET" });
  }

  /** Without following redirects or changing the page. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers as ConstructorParameters<typeof Headers>[0]);
    const cookies = this.#cookiesFor(path);
    if (cookies.length > 0) headers.set("cookie", cookies.join("; "));
    const response = await this.#send(new Request(`${this.#origin}${path}`, { ...init, headers, redirect: "manual" }));
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie);
    return response;
  }

  async post(path: string, fields: Readonly<Record<string, string>>, headers: Record<string, string> = {}): Promise<Page> {
    return this.#follow(path, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: this.#origin, ...headers },
      body: new URLSearchParams(fields).toString(),
    });
  }

  /** Submits the form of the page that has this button. */
  async submit(button: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const form = formWith(this.page?.html ?? "", button);
    if (form === undefined) throw new Error(`no button "${button}" on ${this.page?.path}: ${this.page?.text}`);
    return this.post(form.action, { ...form.fields, ...fields });
  }

  async #follow(path: string, init: RequestInit): Promise<Page> {
    let response = await this.fetch(path, init);
    for (let redirects = 0; REDIRECTS.has(response.status) && redirects < 5; redirects++) {
      const { pathname, search } = new URL(response.headers.get("location") ?? "", `${this.#origin}${path}`);
      path = `${pathname}${search}`;
      response = await this.fetch(path);
    }
    const html = await response.text();
    this.page = { status: response.status, path, headers: response.headers, html, text: textOf(html) };
    return this.page;
  }

  #cookiesFor(path: string): readonly string[] {
    return [...this.cookies].flatMap(([key, value]) => {
      const [name, scope = "/"] = key.split("@");
      return `${path.split("?")[0]}/`.startsWith(scope === "/" ? scope : `${scope}/`) ? [`${name}=${value}`] : [];
    });
  }

  #keep(cookie: string): void {
    this.setCookies.push(cookie);
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    const [, path = ""] = /; Path=([^;]+)/.exec(cookie) ?? [];
    const key = path.lastIndexOf("/") > 0 ? `${name}@${path}` : name;
    if (value === "" || /max-age=0/i.test(cookie)) this.cookies.delete(key);
    else this.cookies.set(key, value);
  }
}

/** Fields with the values that the page gives them; of boxes and choices those that are ticked. */
function formWith(html: string, button: string): Form | undefined {
  const forms = html.match(/<form\b[\s\S]*?<\/form>/g) ?? [];
  const form = forms.find((candidate) =>
    (candidate.match(/<button\b[\s\S]*?<\/button>/g) ?? []).some((found) => textOf(found) === button),
  );
  if (form === undefined) return undefined;
  const fields: Record<string, string> = {};
  for (const [input] of form.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(input, "name");
    const ticks = /type="(?:checkbox|radio)"/.test(input);
    if (name !== undefined && (!ticks || /\schecked\b/.test(input))) fields[name] = attribute(input, "value") ?? "";
  }
  for (const [select] of form.matchAll(/<select\b[\s\S]*?<\/select>/g)) {
    const options = select.match(/<option\b[^>]*>/g) ?? [];
    const chosen = options.find((option) => /\sselected\b/.test(option)) ?? options[0] ?? "";
    fields[attribute(select, "name") ?? ""] = attribute(chosen, "value") ?? "";
  }
  return { action: attribute(form, "action") ?? "", fields };
}

function attribute(tag: string, name: string): string | undefined {
  const [, value] = new RegExp(`\\s${name}="([^"]*)"`).exec(tag) ?? [];
  return value === undefined ? undefined : decoded(value);
}

const textOf = (html: string): string =>
  decoded(html.replaceAll(/<(script|style|head)\b[\s\S]*?<\/\1>/g, "").replaceAll(/<[^>]*>/g, " "))
    .replaceAll(/\s+/g, " ")
    .trim();

const decoded = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

/** The digits of the element that has data-code. */
export const codeOn = ({ html }: Page): string => /data-code[^>]*>\s*(\d+)\s*</.exec(html)?.[1] ?? "none";
