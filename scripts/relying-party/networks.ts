// Networks that an operator would regret: those that let everybody in, and those that promise what the server does not keep. No I/O.
import { holdsSharedAddress, isAllowedSource, isNetwork } from "../../src/relying-party/network.ts";
import { usageFailure } from "../authenticator/command-failure.ts";

/** Throws a CommandFailure for one that is no CIDR block, or should not be named. */
export function checkNetworks(networks: readonly string[]): void {
  for (const network of networks) {
    if (!isNetwork(network)) throw usageFailure(`--network ${network} is not a CIDR block (192.0.2.0/24, 2001:db8::/32)`);
    if (isEverywhere(network)) {
      throw usageFailure(`--network ${network} is every address: leave it away, and the credential alone counts`);
    }
    if (holdsSharedAddress(network)) {
      throw usageFailure(
        `--network ${network} holds the address that everybody's Workers share, which is never let in: name the party's own networks`,
      );
    }
  }
}

const isEverywhere = (network: string): boolean =>
  ["0.0.0.0", "255.255.255.255"].every((address) => isAllowedSource(address, [network])) ||
  ["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"].every((address) => isAllowedSource(address, [network]));
