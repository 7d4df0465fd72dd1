// PINs as the engine takes them: bytes that exist for one use and are overwritten after it.
import type { Pin } from "../../src/authenticator/pin-key.ts";
import type { Purpose } from "../../src/account/purpose.ts";
import { utf8 } from "../../src/protocol/encoding.ts";

export async function withPin<Value>(digits: string, use: (pin: Pin) => Promise<Value>): Promise<Value> {
  const pin = utf8(digits);
  try {
    return await use(pin);
  } finally {
    pin.fill(0);
  }
}

export const withPins = <Value>(
  { auth, sign }: Readonly<Record<Purpose, string>>,
  use: (pins: Readonly<Record<Purpose, Pin>>) => Promise<Value>,
): Promise<Value> => withPin(auth, (pin1) => withPin(sign, (pin2) => use({ auth: pin1, sign: pin2 })));
