// A rule that did not hold over a kill.

export class Violation extends Error {
  override name = "Violation";
}

export function hold(rule: string, holds: boolean, details: () => unknown = () => ""): void {
  if (!holds) throw new Violation(`${rule}: ${JSON.stringify(details())}`);
}
