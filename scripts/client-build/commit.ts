// Which commit a build is of, so that somebody else can build the same. Nothing is said where that cannot be known: no checkout, no git, or
// sources that are in no commit.
import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";

/** Forty hexadecimal digits. `sources`: patterns from the root of the project, all of what a build is made of. */
export function commitOf(project: string, sources: readonly string[]): string | undefined {
  try {
    const [folder, commit] = git(project, ["rev-parse", "--show-toplevel", "HEAD"]).split("\n");
    // A copy inside of somebody else's checkout is of no commit of that.
    if (folder === undefined || realpathSync(folder) !== realpathSync(project)) return undefined;
    const changed = git(project, ["status", "--porcelain", "--", ...sources.map((pattern) => `:(glob)${bare(pattern)}`)]);
    return changed === "" ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** Git knows no braces: what stands before them is more, and never less. */
const bare = (pattern: string): string => pattern.replace(/\{.*$/, "**");

function git(project: string, options: readonly string[]): string {
  // Whoever calls from a hook has these set to another checkout.
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...env } = process.env;
  return execFileSync("git", ["-C", project, ...options], { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"] }).trim();
}
