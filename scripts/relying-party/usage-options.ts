// The options of `usage`, which the others do not have: beside usage.ts, because the command's word is looked for among them too.

export const USAGE_OPTIONS = {
  month: { type: "string" },
  party: { type: "string" },
  format: { type: "string" },
  prices: { type: "string" },
  remote: { type: "boolean" },
  "wrangler-config": { type: "string" },
  state: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
