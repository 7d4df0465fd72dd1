// Wrong PINs, up to the lock, past it when its time is over, and to the death of the PIN: each is paid once, and none is forgotten.
import type { Purpose, Suite } from "../../../src/account/purpose.ts";
import { type Asked, isLate, type Started } from "../party.ts";
import type { Phone } from "../phone.ts";
import { hold } from "../violation.ts";
import type { World } from "../world.ts";
import type { Story } from "./story.ts";

export class Lockout implements Story {
  readonly phones: readonly Phone[];
  readonly targets = { start: 1, claimTransaction: 1, performSignature: [12, 2], getKeyState: 1 } as const;
  readonly #world: World;
  readonly #phone: Phone;
  #asked: Asked;
  /** Wrong PINs that are to be typed, and whether the right one follows. */
  readonly #wrongAtEnd: number;
  readonly #endsRight: boolean;
  readonly #answersBefore: number;
  #started: Started | undefined;

  constructor(world: World, phone: Phone, { purpose, suite }: { readonly purpose: Purpose; readonly suite: Suite }) {
    const { random } = world;
    this.#world = world;
    this.#phone = phone;
    this.phones = [phone];
    this.#asked = { documentNumber: phone.documentNumber, purpose, suite, text: `Guess ${world.nextNumber()}` };
    const left = 3 - (phone.wrong[purpose] % 3);
    this.#wrongAtEnd = phone.wrong[purpose] + 1 + random.below(left);
    this.#endsRight = this.#wrongAtEnd % 3 !== 0 && random.chance(0.3);
    this.#answersBefore = phone.rightAnswers[purpose];
  }

  async goOn(): Promise<void> {
    const { party } = this.#world;
    const { purpose } = this.#asked;
    const phone = this.#phone;
    await phone.settle();
    while (!this.#isDone) {
      if (this.#started !== undefined && isLate(this.#started)) {
        this.#asked = { ...this.#asked, text: `Guess ${this.#world.nextNumber()}` };
        this.#started = undefined;
      }
      if (this.#started === undefined) {
        const started = await party.start(this.#asked);
        hold("a session starts", started.ok, () => started);
        if (started.ok) this.#started = started.value;
      }
      const claimed = await phone.claim(this.#asked.text);
      hold("a wrong PIN leaves what waits", claimed !== undefined, () => [this.#asked, phone.wrong]);
      if (claimed === undefined) return;
      await phone.approve(claimed, phone.wrong[purpose] === this.#wrongAtEnd);
    }
    await this.#holdEnd();
  }

  get #isRight(): boolean {
    return this.#phone.rightAnswers[this.#asked.purpose] > this.#answersBefore;
  }

  get #isDone(): boolean {
    if (this.#isRight) return true;
    return !this.#endsRight && this.#phone.wrong[this.#asked.purpose] === this.#wrongAtEnd;
  }

  async #holdEnd(): Promise<void> {
    const phone = this.#phone;
    const { party } = this.#world;
    const { purpose } = this.#asked;
    await phone.keyState();
    const started = this.#started;
    if (started === undefined) return;
    const isShut = phone.wrong[purpose] > 0 && phone.wrong[purpose] % 3 === 0;
    if (this.#isRight || isShut) {
      const { endResult } = await party.end(started);
      hold("a session ends as its phone did", endResult === (this.#isRight ? "OK" : "DOCUMENT_UNUSABLE"), () => [
        endResult,
        phone.wrong,
      ]);
    } else {
      // A wrong PIN ends nothing: the person gives up.
      if ((await party.look(started)) === undefined) await phone.claim("nothing");
      const { endResult } = await party.end(started);
      hold("what a person refused is refused", endResult === "USER_REFUSED", () => endResult);
    }
    if (phone.isLocked(purpose) || phone.isDead(purpose)) await this.#holdShut();
  }

  /** Nobody is asked for a PIN that is locked or dead. */
  async #holdShut(): Promise<void> {
    const { party } = this.#world;
    const started = await party.start({ ...this.#asked, text: `Shut ${this.#world.nextNumber()}` });
    hold("a locked account is there", started.ok, () => started);
    if (!started.ok) return;
    const { endResult } = await party.end(started.value);
    hold("a locked PIN answers nobody", endResult === "DOCUMENT_UNUSABLE", () => endResult);
  }
}
