// Runs before every test file inside workerd: an answer of the relying-party API that is not as documented fails the test that got it.
import { afterEach } from "vitest";
import { refuseFaults } from "../openapi/observed.ts";

afterEach(refuseFaults);
