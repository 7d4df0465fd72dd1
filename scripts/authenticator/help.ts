// The authenticator's documentation: everything that it can do, on one screen.

export const HELP = `
npm run authenticator -- COMMAND [OPTIONS]

The device side of Tally as a program: it makes an account with two PINs, shows what relying parties ask for, and approves or
refuses it, in place of a person with a phone. It holds one half of each key in its state file, masked by the PIN; which PIN is
right only the server can tell, and it counts. For testing relying parties: who the person is, is taken on trust (local servers).

COMMANDS
  enrol             make an account; called again after an interruption, it goes on where it stopped
  list              what waits for an answer
  watch             show requests as they arrive, until Ctrl-C; each is claimed for this device when it is shown
  open "LINK"       open a device link (the content of a QR code, or a link of a page) in quotes: claims and shows what waits under it
  approve           answer a request with PIN1 (log in) or PIN2 (sign), whichever it asks for; the choice of a certificate asks for none
  refuse            answer a request with no
  status            level, document number, PINs and their keys, locks, warnings, what happened to the person's other accounts
  change-pin auth   new keys under a new PIN1, with new certificates; the old PIN1 proves who asks. After an interruption, call it again
  change-pin sign   the same for PIN2
  add-keys          make the keys that this account lacks and the server makes for others, under the PINs that there are
  delete            close the account for ever (certificates are revoked) and remove the state file
  answer-challenge  out of step with the server because two devices hold the same keys: PIN1 proves it and closes the account

OPTIONS OF ALL
  --server URL      default http://localhost:8787, or the server that the account was made on (TALLY_SERVER)
  --state FILE      default .state/authenticator.json (TALLY_STATE); one account in each file. Never use a copy of a file: the
                    server takes it for a stolen one
  --json            one line of JSON for each answer: {"ok":true,…} or {"ok":false,"code":…,"message":…}; programs call it as
                    npm run --silent authenticator, so that npm adds no lines of its own

PINS (enrol, approve, watch --approve, open --approve, change-pin, add-keys, answer-challenge)
  --pin1 DIGITS     4 to 12 digits (TALLY_PIN1)
  --pin2 DIGITS     5 to 12 digits (TALLY_PIN2). Other users of this machine may see options, but not the environment. A PIN is
                    sent nowhere and checked nowhere but by what the server makes of the signature, so a wrong one is an attempt:
                    after 3 in a row the PIN is locked for 3 hours, after 6 for 24 hours, after 9 for ever

change-pin
  --new-pin DIGITS  in the place of the old PIN (TALLY_NEW_PIN). The two PINs of an account must differ: give the other one too, and
                    the new one is compared with it. Without it nobody compares them: it lies nowhere, not even at the server

enrol
  --given-name, --surname    default MARI TAMM
  --country, --code          EE, LV, LT, BE or another; default EE 48503140291
  --date-of-birth            YYYY-MM-DD, for codes that do not hold it
  --level                    qualified (default) or advanced

approve, refuse
  --transaction ID  needed only where several wait (list shows them)
  --code 1234       approve only: the verification code that the relying party shows. Another one than the request's is the wrong
                    choice where the request asks to choose among codes (WRONG_VC); otherwise nothing is approved.
                    Without --code nothing is compared, and where the request asks to choose, the right code is taken
  --reason          refuse only: user (default), interaction (on the screen with the text), wrong-code

watch, open
  --approve         approve each request after showing it, with the right code; needs both PINs, and tries each request once
  --refuse          refuse each request, with --reason as above. After a link of a page or an app the answer says where the person
                    returns to; it is for the caller to go there

watch
  --delay SECONDS   wait so long before answering
  --count N         end after N requests

delete
  --yes             really
  --successor ID    renewal: the account with this document number, made in another state file, takes the place of this one
  --forget          remove the state file without telling the server: the account stays, and nobody can use it

EXIT CODE
  0 done · 1 refused by the server, wrong PIN, nothing there · 2 called wrongly · 3 no answer from the server, or no proper one

EXAMPLE
  export TALLY_PIN1=9026 TALLY_PIN2=70415
  npm run authenticator -- enrol --given-name MARI --surname TAMM --code 48503140291
  npm run authenticator -- watch --approve
`.trim();
