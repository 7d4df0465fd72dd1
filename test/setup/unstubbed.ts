// Runs before every test file of the project `light`, whose files follow each other in one worker: what the one before put in the place
// of globals, timers and modules is gone.
import { vi } from "vitest";

vi.useRealTimers();
vi.restoreAllMocks();
vi.unstubAllGlobals();
vi.resetModules();
