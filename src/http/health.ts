// GET /health: whether the Worker runs and can serve, and which version. Of its configuration it says only what keeps it from serving.
import { Hono } from "hono";
import project from "../../package.json" with { type: "json" };

const { version } = project;

/** `problemOf`: a sentence for the operator, without a secret; undefined where all is well. */
export const health = <Bindings extends object>(problemOf: (environment: Bindings) => Promise<string | undefined>) =>
  new Hono<{ Bindings: Bindings }>().get("/health", async (context) => {
    const problem = await problemOf(context.env);
    return problem === undefined
      ? context.json({ status: "ok", version })
      : context.json({ status: "unusable", version, problem }, 503, { "cache-control": "no-store" });
  });
