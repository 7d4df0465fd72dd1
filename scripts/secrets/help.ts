export const HELP = `The Worker's own secrets: made once, kept in the secrets store, with a backup under a passphrase.

  npm run secrets -- init --backup FILE --remote
  npm run secrets -- init --backup FILE --local --persist-to DIR

init makes those that the store does not have, and leaves alone those that it has: nothing is ever overwritten. FILE is written before the
store is: where it exists, what is missing in the store is taken from it. So the same command continues after an interruption, and fills
a store that was lost (with --another-store, since a backup is that of one store). Without the KEK every account of the deployment is lost: keep FILE and its passphrase apart, in two places each.

  --backup FILE            outside the folder of this project
  --remote                 the store of your Cloudflare account (wrangler login, or CLOUDFLARE_API_TOKEN)
  --local --persist-to DIR a store on this machine, to try it
  --another-store          the store of the backup is lost, and this one takes its place
  --wrangler-config FILE   in place of wrangler.toml

The passphrase is asked for, or comes from TALLY_SECRETS_PASSPHRASE: 12 characters or more.
The keys of issuing authorities and OCSP signers are not among them: npm run pki -- publish.`;
