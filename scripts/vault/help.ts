// The documentation of the commands about KEKs, on one screen.

export const HELP = `
npm run vault -- COMMAND [OPTIONS]

The keys that wrap everything secret of a deployment (KEKs), and how one takes the place of another: docs/deploy.md has the whole way.

COMMANDS
  status      which KEKs there are, what names each, and when each was the current one
  rewrap ID   brings everything under ID, which is the current KEK. Safe to stop at any moment and to run again: it goes on with what is left
  add ID      makes a KEK and puts it beside the others, first into the backup of npm run secrets, then into the secrets store. One that
              was removed is put back as it was. Given again, it finishes what was interrupted
  remove ID   takes a KEK out of the secrets store, once nothing names it. The backup keeps it
  add and remove ask the server which keys it has, and refuse where those of the backup are others: it is an older copy then

OPTIONS
  --state FOLDER   a local server, by its state folder; default .state
  --url URL        a deployment, with the operator's key in --key FILE (TALLY_OPERATOR_PASSPHRASE, or it is asked for)
  --key FILE
  --backup FILE    add, remove: the backup of npm run secrets (TALLY_SECRETS_PASSPHRASE, or it is asked for)
  --remote         add, remove: the store of your Cloudflare account
  --local --persist-to DIR   a store on this machine, to try it
  --wrangler-config FILE     in place of wrangler.toml
  --accounts-from-before-are-gone   remove: there may be accounts that were not used since an upgrade, and they may be lost
  --json           one line of JSON

EXIT CODE
  0 done · 1 refused, or something is left · 2 called wrongly · 3 no answer from the server, or no proper one

EXAMPLE
  npm run vault -- add kek-2 --backup /media/backup/tally-secrets.jwe --remote --url https://id.example.ee --key /media/backup/operator.pem
  npm run vault -- rewrap kek-2 --url https://id.example.ee --key /media/backup/operator.pem
`.trim();
