// Runs before every test file of the project `shared`, whose files follow each other in one worker: what the one before
// left in storage, in objects and in the place of functions is gone. (Objects that have been are listed for ever, but have nothing.)
import { reset } from "cloudflare:test";
import { vi } from "vitest";

vi.useRealTimers();
vi.restoreAllMocks();
await reset();
