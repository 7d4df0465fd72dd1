// The documentation of the audit log's commands, on one screen.
export const HELP = `
npm run audit -- COMMAND [OPTIONS]

The audit log: security events of every account, each account's in a chain of hashes. Nobody is in it by name: a chain is named by the
account's handle, which npm run account -- show tells. Exports are people's data all the same, under pseudonyms: give away heads alone.

COMMANDS
  export FILE                take the events out of the database into a new file, one JSON object a line. Given again with the file of an
                             export that was interrupted, it goes on where that ended
  heads FILE [EXPORT...]     ask all accounts that the database knows, and those of all chains in these exports and in --heads, where they
                             say that their chains stand. An hour before the next export, which is compared with it. After an outage of
                             the database wait until its queue is empty, and take in the dead letters: what is there is found missing
  verify EXPORT...           every chain without gaps from its first event, or from --heads; every link right; no fork; no end missing
                             that --object-heads tells of. Give it every export since those heads. What comes again from before them
                             cannot be checked without the exports of then, and is told

OPTIONS
  --delete              delete from the database what is safely in the file, all of it
  --remote              the deployed database; otherwise that of a local server, by --state FOLDER (default .state)
  --wrangler-config F   another wrangler.toml than the project's, with --remote
  --url URL --key FILE  a deployment, with the operator's key (npm run account -- help), for heads; with --remote
  --heads FILE          where chains stood when they were last verified
  --object-heads FILE   what heads wrote
  --write-heads FILE    where chains stand now, in a new file: keep it where nobody who runs the service can change it. A chain with
                        problems stands there as it was last verified, so that they are found again
  --accept-fork CHAIN   somebody looked into the fork of this chain: it goes on with the branch on which its account stands by
                        --object-heads. Only where nothing else is wrong with it; may be given again
  --json                one line of JSON: {"ok":true,…} or {"ok":false,"code":…,"message":…}; programs call it as npm run --silent audit

EXIT CODE
  0 done, and every chain is whole · 1 one is not, or nothing was done · 2 called wrongly · 3 no answer, or no proper one

EXAMPLE, each week
  npm run audit -- heads told.jsonl week-46.jsonl --heads heads-46.jsonl --remote --url https://id.example.ee --key operator.pem
  npm run audit -- export week-47.jsonl --remote --delete
  npm run audit -- verify week-47.jsonl --heads heads-46.jsonl --object-heads told.jsonl --write-heads heads-47.jsonl
`.trim();
