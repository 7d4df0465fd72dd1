// The certificate tool's documentation: everything that it can do, on one screen.

export const HELP = `
npm run pki -- COMMAND --folder DIR [OPTIONS]

Makes and keeps the certificate hierarchy of a real deployment: a root that stays offline, an issuing authority for qualified and one
for non-qualified certificates, and their OCSP signers. One folder, outside this project, holds everything of one deployment:
pki.json (public), keys/*.pem (encrypted), root-key.pem (encrypted; better elsewhere). npm start needs none of this: it makes a TEST
hierarchy by itself. docs/pki.md is the guide: the ceremony, the calendar, lost and stolen keys.

COMMANDS
  init             a new hierarchy; asks for names and addresses one by one, or takes them from a file    needs: new passphrases
  show             what there is, fingerprints, what issues, what is due                                  needs: nothing
  rotate-issuer    a new issuing authority; the one before goes on signing status                         needs: root key, keys
  rotate-ocsp      new OCSP signers; those of before stay until they end                                  needs: keys
  renew-root-crl   the root's next CRL; with --revoke it revokes an issuing authority                     needs: root key
  publish          takes certificates and the CRL to D1, keys to the secrets store; may be repeated       needs: keys
  export-trust     root and issuing authorities for relying parties' trust stores, PEM                    needs: nothing

OPTIONS
  --folder DIR           the deployment; every command, except export-trust --state
  --root-key FILE        where the root key is, for example on a stick; default root-key.pem in the folder
                         (init, show, rotate-issuer, renew-root-crl)
  --config FILE          init: the configuration in JSON, in place of questions; docs/pki.md has an example
  --test                 init: names must have the word TEST; such a hierarchy issues in local mode only
  --yes                  init, rotate-issuer, renew-root-crl: the machine's clock is right; otherwise they ask for the date
  --level LEVEL          rotate-issuer: qualified or non-qualified
  --new-keys-passphrase  rotate-issuer: the keys in keys/ or their passphrase are lost; gives all of them up
  --revoke NAME          renew-root-crl: an issuing authority, for example eid-q; the one that issues only for cACompromise
  --reason REASON        with --revoke: cACompromise, unspecified, affiliationChanged, superseded, cessationOfOperation,
                         privilegeWithdrawn
  --remote               publish: to the account that wrangler is logged in to
  --local                publish: to this machine, for a trial, with
  --persist-to DIR       the folder that the local Worker keeps its data in
  --wrangler-config FILE publish: another wrangler.toml than this project's
  --state DIR            export-trust: of a local server in place of a deployment, for example --state .state
  --pem DIR              export-trust: NAME.pem for each authority: who asks for qualified certificates alone takes root.pem and eid-q.pem
  --der DIR              export-trust: NAME.cer for each authority
  --out FILE             export-trust: all of them in one file; without it, --pem and --der, to standard output. All three replace
                         certificates only, and write nothing into the deployment's folder

PASSPHRASES
  One for the root key, another for all other keys; 12 characters or more (in Unicode's form NFC). Asked for without showing them, or taken from
  TALLY_ROOT_PASSPHRASE and TALLY_KEYS_PASSPHRASE. Never an option: every user of a machine can read those.

EXIT CODE
  0 done · 1 not done, with one sentence that says why
`.trim();
