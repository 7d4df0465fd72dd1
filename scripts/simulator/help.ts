// The simulator's documentation: everything that it can do, on one screen.
import { BEHAVIOURS } from "../../src/simulator/behaviour.ts";
import { INTERACTION_TYPES } from "../../src/protocol/interactions.ts";

export const HELP = `
npm run simulator -- COMMAND [OPTIONS]

The test people of a local server: people with real accounts and keys who live in a process beside it (npm start) and answer relying
parties by script, each in one way. Their document numbers are those of the public Smart-ID demo environment. Notification requests they
answer by themselves; a device link is opened for them by POST /mock/device-link.

COMMANDS
  list             who they are, what they answer, and whose keys are made
  add              add a person of your own: enrolled at once where the server runs, else at its next start
  remove DOCUMENT  remove a person that was added; the account is closed, and its number is not given again

OPTIONS OF ALL
  --state FOLDER   of the server; default .state
  --json           one line of JSON: {"ok":true,…} or {"ok":false,"code":…,"message":…}; programs call it as
                   npm run --silent simulator, so that npm adds no lines of its own

add
  --code           the personal code
  --country        default EE; EE, LV, LT and BE have the codes checked
  --given-name, --surname    default OK TESTNUMBER
  --date-of-birth  YYYY-MM-DD, for codes that do not hold it
  --level          qualified (default) or advanced
  --suffix         four of 0-9A-Z in the document number; default MOCK
  --behaviour      ${BEHAVIOURS.slice(0, 2).join(", ")} (default OK),
                   ${BEHAVIOURS.slice(2, -2).join(",\n                   ")},
                   ${BEHAVIOURS.slice(-2).join(", ")}. One that is for some requests only answers the others with OK
  --interactions   what the person's app can show, with commas between; default all of
                   ${INTERACTION_TYPES.join(",")}

EXIT CODE
  0 done · 1 refused · 2 called wrongly

EXAMPLE
  npm run simulator -- add --code 48503140291 --given-name MARI --surname TAMM --behaviour USER_REFUSED
`.trim();
