// Loaded before every script (`node --import`), in plain JavaScript because it must run in any Node: the project's own Node comes
// with `npm ci` where its platform has one; elsewhere the system's must be new enough to run TypeScript.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`Tally needs Node 22.18 or newer and found ${process.version}: run npm ci again, or install a newer Node`);
  process.exit(1);
}
