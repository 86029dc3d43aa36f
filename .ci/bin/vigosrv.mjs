#!/usr/bin/env -S node --max-old-space-size=8192
/** vigosrv, straight from a checkout: makes it ready, then becomes the program in this same process. */
import { run } from "../ready.mjs";

await run("src/server/main.js");
