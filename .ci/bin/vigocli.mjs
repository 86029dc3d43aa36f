#!/usr/bin/env node
/** vigocli, straight from a checkout: makes it ready, then becomes the program in this same process. */
import { run } from "../ready.mjs";

await run("src/cli/main.js");
