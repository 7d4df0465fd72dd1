// The PINs of an enrolment, from the moment they are chosen until the key worker takes them. After a reload they are chosen again.
import type { Purpose } from "../../account/purpose.ts";
import { KeptPins } from "./kept-pins.ts";

export class ChosenPins extends KeptPins<Purpose> {
  /** Both, once: here they are gone. Undefined where one was not chosen. */
  take(): Readonly<Record<Purpose, ArrayBuffer>> | undefined {
    if (!this.has("auth") || !this.has("sign")) return undefined;
    const [auth, sign] = [this.takeOne("auth"), this.takeOne("sign")];
    return auth && sign && { auth, sign };
  }
}
