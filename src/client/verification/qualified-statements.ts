// What a certificate states about itself as a qualified one: QCStatements (RFC 3739 §3.2.6) with the statements of EN 319 412-5.
// Read as DER: an identifier that stands inside of something else, say of an address, states nothing.
import { AsnArray, AsnConvert, AsnProp, AsnPropTypes, AsnType, AsnTypeTypes } from "@peculiar/asn1-schema";

export const QC_STATEMENTS = "1.3.6.1.5.5.7.1.3";

const QC_COMPLIANCE = "0.4.0.1862.1.1";
const QC_SSCD = "0.4.0.1862.1.4";
const QC_TYPE = "0.4.0.1862.1.6";
const QC_TYPE_ESIGN = "0.4.0.1862.1.6.1";

// The library's decorators are called as the functions that they are: decorators cannot be erased.
class QcStatement {
  statementId = "";
  statementInfo?: ArrayBuffer;
}
AsnProp({ type: AsnPropTypes.ObjectIdentifier })(QcStatement.prototype, "statementId");
AsnProp({ type: AsnPropTypes.Any, optional: true })(QcStatement.prototype, "statementInfo");

class QcStatements extends AsnArray<QcStatement> {}
AsnType({ type: AsnTypeTypes.Sequence, itemType: QcStatement })(QcStatements);

class QcType extends AsnArray<string> {}
AsnType({ type: AsnTypeTypes.Sequence, itemType: AsnPropTypes.ObjectIdentifier })(QcType);

/** Whether it is qualified, for electronic signatures, with its key in a qualified device. `value`: DER of the extension's value. */
export function statesQualified(value: ArrayBuffer): boolean {
  try {
    const statements = new Map(
      AsnConvert.parse(value, QcStatements).map(({ statementId, statementInfo }) => [statementId, statementInfo]),
    );
    const type = statements.get(QC_TYPE);
    const types = type === undefined ? [] : [...AsnConvert.parse(type, QcType)];
    return statements.has(QC_COMPLIANCE) && statements.has(QC_SSCD) && types.includes(QC_TYPE_ESIGN);
  } catch {
    return false;
  }
}
