// The relying party of the public client libraries' examples: for one's own machine, in local mode only (see registry.ts).
// Plain data without imports, so that the start script can read it in Node.

export const DEMO_PARTY_UUID = "00000000-0000-4000-8000-000000000000";

/** Puts the party into D1; running it again changes nothing. */
export const DEMO_PARTY_SQL = `INSERT INTO relying_parties (uuid, names, networks, may_learn_client_address, rate_limit)
VALUES ('${DEMO_PARTY_UUID}', '["DEMO"]', '["127.0.0.0/8","::1/128"]', 1, 'unlimited') ON CONFLICT (uuid) DO NOTHING;`;
