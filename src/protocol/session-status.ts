// The answer of `GET session/{sessionID}` as programs read and build it: the types alone, made of the schemas of the answers. No zod
// comes along to whoever imports this.
import type { z } from "zod";
import type * as answers from "./relying-party-answers.ts";

type Output<Name extends keyof typeof answers> = z.output<(typeof answers)[Name]>;
type AuthenticationSignature = Output<"authenticationSignature">;
type SignatureParameters = AuthenticationSignature["signatureAlgorithmParameters"];
type PssParameters = Extract<AuthenticationSignature, { signatureAlgorithm: "rsassa-pss" }>["signatureAlgorithmParameters"];

export type FlowType = Output<"flowType">;

/** How a session ended, as clients tell it apart. */
export type EndResult = "OK" | "USER_REFUSED_INTERACTION" | Output<"failedResult">;

/** Of either protocol and algorithm: what belongs to one of them alone may be absent. */
export type SessionSignature = Readonly<
  Pick<AuthenticationSignature, "value" | "flowType" | "signatureAlgorithm"> &
    Partial<Pick<AuthenticationSignature, "serverRandom" | "userChallenge">>
> & { readonly signatureAlgorithmParameters: Readonly<Pick<SignatureParameters, "hashAlgorithm"> & Partial<PssParameters>> };

/** What stands in the place of a signature after a certificate choice. */
export type ChosenCertificate = Readonly<Output<"certificateChosen">["signature"]> & {
  readonly [Field in Exclude<keyof SessionSignature, "flowType">]?: never;
};

type Authentication = Output<"authenticationComplete">;
type Refusal = Output<"interactionRefused">["result"];

export type SessionStatus =
  | Readonly<Output<"sessionRunning">>
  | ({
      readonly state: "COMPLETE";
      readonly result: { readonly endResult: EndResult } & Readonly<Partial<Pick<Refusal, "documentNumber" | "details">>>;
      readonly signatureProtocol?: (Authentication | Output<"signatureComplete">)["signatureProtocol"];
      /** Of a certificate choice the flow type alone. */
      readonly signature?: SessionSignature | ChosenCertificate;
      readonly ignoredProperties?: readonly string[];
    } & Readonly<Partial<Pick<Authentication, "cert" | "interactionTypeUsed" | "deviceIpAddress">>>);
