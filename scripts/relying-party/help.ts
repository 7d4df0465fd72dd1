// The documentation of the register of relying parties, on one screen.
import { ENDPOINTS, FLOWS, RATE_LIMITS } from "../../src/relying-party/registration.ts";

export const HELP = `
npm run relying-party -- COMMAND [OPTIONS]

The register of relying parties: who may use the API, how they are known, and what they may ask. A change counts everywhere within a
minute; a new party at once. Nothing is asked back: each command says what it changed. It may run beside a local server.

COMMANDS
  add --name NAME         register a party; makes its UUID and its credential, which is shown once and kept as a hash alone
  list                    every party, one line each
  show UUID               everything about one, save its credential
  set UUID                change what the options name; a list replaces the one before
  disable UUID, enable UUID
                          answer nothing of it any more; answer it again
  rotate-credential UUID  a new credential in place of the one before (also for a party that had none)
  usage --month 2026-11   what each party's sessions came to, and what they cost: usage --help says more

ADD AND SET
  --name NAME             as requests send it and people read it, up to 32 bytes, upper and lower case alike; again for another
  --allow-same-name       although another party's name reads the same, or letters of Latin, Cyrillic and Greek stand in one name
  --network CIDR          it is known by its addresses: 192.0.2.0/24, 2001:db8::/32; again for another. With a credential both count
  --no-network            set: from any address, with the credential
  --no-credential         known by its networks alone
  --endpoint ENDPOINT     ${ENDPOINTS.join(", ")}; again for another; default all
  --level LEVEL           ADVANCED, QUALIFIED; again for another; default both
  --flow FLOW             ${FLOWS.join(", ")}; again for another; default both. Prefer device-link: whoever knows a person's
                          number can start a notification
  --capability NAME       agreed with you; again for another (set: --no-capability for none)
  --may-learn-client-address
                          may ask for the address of the person's device (set: --no-may-learn-client-address)
  --rate-limit CLASS      ${RATE_LIMITS.join(", ")}; default standard. The figures are in wrangler.toml
  --uuid UUID             add: this one, in place of a new one

ROTATE-CREDENTIAL
  --keep-old HOURS        the one before stays good for so long, up to 720, so that the party changes without an outage; default 0

OPTIONS OF ALL
  --state FOLDER          of a local server; default .state
  --remote                the deployed database, in the account that wrangler is logged in to
  --wrangler-config FILE  with --remote: another wrangler.toml than this project's
  --json                  one line of JSON: {"ok":true,…} or {"ok":false,"code":…,"message":…}; programs call it as
                          npm run --silent relying-party, so that npm adds no lines of its own

EXIT CODE
  0 done · 1 refused, nothing there · 2 called wrongly · 3 no answer from the database

EXAMPLES
  npm run relying-party -- add --name "Example Bank" --name "EXAMPLE" --network 192.0.2.0/24 --rate-limit large --remote
  npm run relying-party -- list
  npm run relying-party -- show 3f8a2c1e-5b6d-4e7f-8a9b-0c1d2e3f4a5b
  npm run relying-party -- set 3f8a2c1e-5b6d-4e7f-8a9b-0c1d2e3f4a5b --flow device-link --no-capability
  npm run relying-party -- disable 3f8a2c1e-5b6d-4e7f-8a9b-0c1d2e3f4a5b
  npm run relying-party -- enable 3f8a2c1e-5b6d-4e7f-8a9b-0c1d2e3f4a5b
  npm run relying-party -- rotate-credential 3f8a2c1e-5b6d-4e7f-8a9b-0c1d2e3f4a5b --keep-old 48
  npm run relying-party -- usage --month 2026-11 --prices prices.json
`.trim();
