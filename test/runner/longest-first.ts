// What takes long begins first: a long file that begins last keeps one core at work while the other has nothing to do. Vitest goes by
// how long files took before, but in a fresh checkout it goes by their size, and some short files take longest.
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Ends of paths, the longest first. */
const LONG = [
  "interrupted-enrolment.browser.test.ts",
  "transactions.browser.test.ts",
  "device-links.browser.test.ts",
  "enrolment.browser.test.ts",
  "secrets.browser.test.ts",
  "pki/published.node.test.ts",
  "api/flows.node.test.ts",
  "docs/deploy.node.test.ts",
  "authenticator.node.test.ts",
  "a-copied-device-is-found-and-closed.test.ts",
  "lockout-campaign.test.ts",
  "no-burst-gets-more-than-three-guesses.test.ts",
  "live-channel.test.ts",
  "a-crash-refunds-nothing-and-eats-nothing.test.ts",
  "device/enrolment.test.ts",
  "demo.node.test.ts",
  "demo-bank.node.test.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort.call(this, files);
    return sorted.toSorted((left, right) => group(left) - group(right) || place(left) - place(right));
  }
}

const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;

function place({ moduleId }: TestSpecification): number {
  const index = LONG.findIndex((end) => moduleId.endsWith(end));
  return index === -1 ? LONG.length : index;
}
