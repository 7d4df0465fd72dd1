// The signer of time stamps, from the variable TIME_STAMP_SIGNER.
import "reflect-metadata";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Certificate } from "@peculiar/asn1-x509";
import { X509Certificate } from "@peculiar/x509";
import { z } from "zod";
import { fromBase64 } from "../../protocol/encoding.ts";
import { importKey, keyOf } from "../key-secrets.ts";
import { SIGNER_KEY_ALGORITHM } from "../signer-certificate.ts";
import { encodeSigningCertificate } from "./signing-certificate.ts";
import type { TimeStampSigner } from "./token.ts";

const variable = z.object({ certificate: z.base64(), privateKey: z.base64() });

export interface DatedSigner extends TimeStampSigner {
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The last one read: the variable does not change while an isolate lives. */
let remembered: { readonly text: string; readonly signer: DatedSigner } | undefined;

/** Throws, without a word of what it holds, where the variable is malformed or the key is not the certificate's. */
export async function readSigner(text: string): Promise<DatedSigner> {
  if (remembered?.text !== text) remembered = { text, signer: await parseSigner(text) };
  return remembered.signer;
}

async function parseSigner(text: string): Promise<DatedSigner> {
  const { certificate: base64, privateKey: pkcs8 } = parseVariable(text);
  const der = fromBase64(base64) ?? new Uint8Array(0);
  const certificate = new X509Certificate(der);
  const key = await importKey("TIME_STAMP_SIGNER", pkcs8, SIGNER_KEY_ALGORITHM);
  const privateKey = await keyOf(certificate, [key], SIGNER_KEY_ALGORITHM);
  if (privateKey === undefined) throw new Error("the key in TIME_STAMP_SIGNER is not the certificate's");
  return {
    certificate: AsnConvert.parse(der, Certificate),
    signingCertificate: await encodeSigningCertificate(der),
    privateKey,
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
  };
}

function parseVariable(text: string): z.output<typeof variable> {
  try {
    return variable.parse(JSON.parse(text));
  } catch {
    throw new Error("TIME_STAMP_SIGNER is not {certificate, privateKey} in JSON");
  }
}
