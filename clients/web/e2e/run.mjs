// Runs each browser test file in a process of its own: all of them, or those that are named.
// usage: node e2e/run.mjs [NAME.test.mjs…]
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const all = readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
const files = process.argv.length > 2 ? process.argv.slice(2) : all;
const run = (name) => spawnSync(process.execPath, ["--test", join(folder, name)], { stdio: "inherit" }).status === 0;

const failed = files.filter((name) => !run(name));
if (failed.length) console.log(`FAILED: ${failed.join(", ")}`);
console.log(`${files.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length ? 1 : 0);
