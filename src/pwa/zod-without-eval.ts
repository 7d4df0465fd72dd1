// To be imported before anything that makes a schema: zod would otherwise try `new Function`, which the app's Content Security Policy
// forbids; it copes, and yet every start would report a violation.
import { z } from "zod/mini";

z.config({ jitless: true });
