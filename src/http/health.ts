// GET /health: whether the Worker runs, and which version. Says nothing about configuration or load.
import { Hono } from "hono";
import project from "../../package.json" with { type: "json" };

export const health = new Hono().get("/health", (context) => context.json({ status: "ok", version: project.version }));
