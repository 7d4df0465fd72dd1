// Runs before every test file of the projects `shared` and `accounts`, whose files follow each other in one worker: what the one before
// left in storage, in objects and in the place of functions is gone. (Objects that have been are listed for ever, but have nothing.)
import { reset } from "cloudflare:test";
import { vi } from "vitest";

vi.useRealTimers();
vi.restoreAllMocks();
await reset();
