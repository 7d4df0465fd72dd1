// What a view says, without a page: every word that it draws. For views without hooks.
import type { ComponentChildren, VNode } from "preact";

/** Every word that is drawn. */
export function words(drawn: ComponentChildren): string {
  if (Array.isArray(drawn)) return drawn.map(words).join(" ");
  if (typeof drawn === "string") return drawn;
  if (typeof drawn !== "object" || drawn === null) return "";
  const { type, props } = drawn as VNode<{ children?: ComponentChildren }>;
  return typeof type === "function" ? words((type as (given: typeof props) => ComponentChildren)(props)) : words(props.children);
}
