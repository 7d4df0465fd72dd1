// QCStatements (RFC 3739 §3.2.6) as ETSI EN 319 412-5 defines them for qualified certificates for electronic signatures.
// No statement with an INTEGER (value limit, retention period): a known client library fails on them.
import { AsnArray, AsnConvert, AsnProp, AsnPropTypes, AsnType, AsnTypeTypes } from "@peculiar/asn1-schema";

export const QC_STATEMENTS = "1.3.6.1.5.5.7.1.3";

const QC_COMPLIANCE = "0.4.0.1862.1.1";
const QC_SSCD = "0.4.0.1862.1.4";
const QC_PDS = "0.4.0.1862.1.5";
const QC_TYPE = "0.4.0.1862.1.6";
const QC_TYPE_ESIGN = "0.4.0.1862.1.6.1";
/** RFC 3739 §3.2.6.1. */
const SEMANTICS_INFORMATION = "1.3.6.1.5.5.7.11.2";
/** ETSI EN 319 412-1 §5.1.3: the subject's serialNumber is a semantics identifier of a natural person. */
const SEMANTICS_NATURAL = "0.4.0.194121.1.1";

/** Where a PKI disclosure statement is, and its language (ISO 639-1, two lower-case letters). */
export interface DisclosureStatement {
  readonly url: string;
  readonly language: string;
}

// The schemas are bound by calling the library's decorators as the functions that they are: Node runs these files by erasing
// types, and decorators do not erase.
class QcStatement {
  statementId: string;
  statementInfo?: ArrayBuffer;
  constructor(statementId = "", statementInfo?: ArrayBuffer) {
    this.statementId = statementId;
    if (statementInfo !== undefined) this.statementInfo = statementInfo;
  }
}
AsnProp({ type: AsnPropTypes.ObjectIdentifier })(QcStatement.prototype, "statementId");
AsnProp({ type: AsnPropTypes.Any, optional: true })(QcStatement.prototype, "statementInfo");

class QcStatements extends AsnArray<QcStatement> {}
AsnType({ type: AsnTypeTypes.Sequence, itemType: QcStatement })(QcStatements);

class QcType extends AsnArray<string> {}
AsnType({ type: AsnTypeTypes.Sequence, itemType: AsnPropTypes.ObjectIdentifier })(QcType);

class PdsLocation {
  url: string;
  language: string;
  constructor(url = "", language = "") {
    this.url = url;
    this.language = language;
  }
}
AsnProp({ type: AsnPropTypes.IA5String })(PdsLocation.prototype, "url");
AsnProp({ type: AsnPropTypes.PrintableString })(PdsLocation.prototype, "language");

class PdsLocations extends AsnArray<PdsLocation> {}
AsnType({ type: AsnTypeTypes.Sequence, itemType: PdsLocation })(PdsLocations);

/** SemanticsInformation without the optional nameRegistrationAuthorities. */
class SemanticsInformation {
  semanticsIdentifier: string;
  constructor(semanticsIdentifier = "") {
    this.semanticsIdentifier = semanticsIdentifier;
  }
}
AsnProp({ type: AsnPropTypes.ObjectIdentifier })(SemanticsInformation.prototype, "semanticsIdentifier");

/** DER value of the extension: QcCompliance, QcSSCD, QcType esign, PDS and the semantics of the subject's serialNumber. */
export function encodeQcStatements(disclosure: readonly DisclosureStatement[]): ArrayBuffer {
  return AsnConvert.serialize(
    new QcStatements([
      new QcStatement(QC_COMPLIANCE),
      new QcStatement(QC_SSCD),
      new QcStatement(QC_TYPE, AsnConvert.serialize(new QcType([QC_TYPE_ESIGN]))),
      new QcStatement(
        QC_PDS,
        AsnConvert.serialize(new PdsLocations(disclosure.map(({ url, language }) => new PdsLocation(url, language)))),
      ),
      new QcStatement(SEMANTICS_INFORMATION, AsnConvert.serialize(new SemanticsInformation(SEMANTICS_NATURAL))),
    ]),
  );
}
