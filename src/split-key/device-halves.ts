// The device's half of every suite. The PWA bundles this file and must never come near server-halves.ts.
import type { Suite } from "../account/purpose.ts";
import { ed25519DeviceHalf } from "./ed25519/device-half.ts";
import { rsaDeviceHalf } from "./rsa/device-half.ts";
import type { DeviceHalf } from "./scheme.ts";

export const deviceHalves: Readonly<Record<Suite, DeviceHalf>> = {
  rsa: rsaDeviceHalf,
  ed25519: ed25519DeviceHalf,
};
