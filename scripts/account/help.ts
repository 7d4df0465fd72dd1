// The documentation of an operator's orders, on one screen.
import { REVOCATION_REASONS } from "../../src/protocol/revocation-reasons.ts";

export const HELP = `
npm run account -- COMMAND [OPTIONS]

What an operator sees of people's accounts and can do to them. Each order is signed with the operator's key and good for a minute, at
the one server that it is for. Nobody can sign in a person's name with it, open an account again, or read a name or a key.

COMMANDS
  show DOCUMENT|PERSON       state, PINs, certificates and what the certificate index says of them, of one account
                             (PNOEE-48503140291-K2GN-Q) or of every account that a person ever had (PNOEE-48503140291)
  revoke DOCUMENT --reason R revoke the certificates of an account for that reason and close the account, for ever; also where the
                             account's object is lost: the person's list keeps the serial numbers. Given again to a closed account,
                             it revokes what the certificate index forgot (as after a restored backup) and changes nothing else:
                             with the reason of the closing, or with R where an operator had closed it
  revoke --serial HEX --reason R
                             revoke one certificate by its number alone. It closes no account: where there is one, it goes on with
                             a certificate that everybody refuses, so give its document number instead
  close DOCUMENT             the same as revoke with cessationOfOperation
  new-key --out FILE         make an operator's key, and print the line for wrangler.toml

OPTIONS
  --reason R      ${REVOCATION_REASONS.slice(0, 4).join(", ")},
                  ${REVOCATION_REASONS.slice(4).join(", ")} (RFC 5280, section 5.3.1)
  --yes           do not ask for the document number a second time
  --state FOLDER  a local server, by its state folder; default .state
  --url URL       a deployment, with the key in --key FILE; https, or http on this machine
  --key FILE      the operator's key, encrypted; its passphrase is asked for, or in TALLY_OPERATOR_PASSPHRASE
  --json          one line of JSON: {"ok":true,…} or {"ok":false,"code":…,"message":…}; programs call it as
                  npm run --silent account, so that npm adds no lines of its own

EXIT CODE
  0 done · 1 refused, nothing there · 2 called wrongly · 3 no answer from the server, or no proper one

EXAMPLE
  npm run account -- show PNOEE-48503140291
  npm run account -- revoke PNOEE-48503140291-K2GN-Q --reason keyCompromise
`.trim();
