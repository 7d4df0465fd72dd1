// Who runs the service, and the ways to them. Whatever they wrote is text, and its links are https:, mailto: or tel: alone: see
// protocol/registration-about.ts.
import { richText } from "../language/text.ts";
import type { AppState } from "../model/state.ts";

interface LinkContent {
  readonly address: string;
  /** Named by its host alone, where there is little space. */
  readonly brief?: boolean;
}

/** In a tab of its own, which learns nothing of this one: what is being done here stays. Mail and telephone are no pages. */
export function OperatorLink({ address, brief = false }: LinkContent) {
  const url = new URL(address);
  const place = url.protocol === "https:" ? { target: "_blank", rel: "noopener noreferrer" } : {};
  return (
    <a class="outward" href={url.href} translate={false} {...place}>
      {url.protocol === "https:" ? `${url.host}${brief ? "" : url.pathname.replace(/\/$/, "")}` : url.pathname}
    </a>
  );
}

/** Beside words that send a person to whoever runs the service. Nothing where no way to them is known. */
export const OperatorContact = ({ operator }: Pick<AppState, "operator">) =>
  operator?.contact === undefined ? null : (
    <p>
      {richText("operator.contactWith", {
        operator: (
          <>
            {operator.name !== undefined && <bdi translate={false}>{operator.name}</bdi>}
            {operator.name !== undefined && ", "}
            <OperatorLink address={operator.contact} />
          </>
        ),
      })}
    </p>
  );
