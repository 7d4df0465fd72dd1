// The CRL of an authority whose key is not in the Worker, made where the key is. No I/O, no clock.
import { toBase64 } from "../../protocol/encoding.ts";
import type { SigningAuthority } from "../authority-certificate.ts";
import { buildRevocationList, listDigest, type ListContent } from "./build-list.ts";
import type { BroughtList } from "./stored-list.ts";

/** Times in milliseconds since the epoch, whole seconds. */
export async function makeBroughtList(
  issuer: SigningAuthority,
  { number, thisUpdate, nextUpdate, revocations }: Omit<ListContent, "issuer">,
): Promise<BroughtList> {
  const der = await buildRevocationList({ issuer, number, thisUpdate, nextUpdate, revocations });
  return { authority: issuer.name, number, thisUpdate, nextUpdate, digest: await listDigest(der), list: toBase64(der) };
}
