/** PIN 48261, salt 00…1f, purpose sign, suite rsa, key version 3, 64 bytes: computed with node:crypto (see pin-mask.node.test.ts). */
export const PIN_STREAM_VECTOR =
  "37ce51313cb2c93ea4f9498e7e658a52c94c2de83c2bab6ff37ae98e4de986f30807beb7265f414463285d6527c82e8d13ce2231da3d3a46e9391d09cdc74db0";
