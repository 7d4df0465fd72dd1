// What people, phones and relying parties do while servers are killed: told so that it can go on from wherever it was cut off.
import type { Targets } from "../fuse.ts";
import type { Phone } from "../phone.ts";

export interface Story {
  /** Whose accounts are looked at after each kill. */
  readonly phones: readonly Phone[];
  readonly targets: Targets;
  /**
   * Goes on to the end, and holds all against the rules that can be seen from outside. Throws `ServerUnreachable` where it is cut off; may
   * be called again then, and also after its end.
   */
  goOn(): Promise<void>;
}
