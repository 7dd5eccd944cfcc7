// Runs each browser test file in a process of its own. A file that fails is run once more, and named as
// unsteady when it then passes, so that a page that was late on a busy machine is seen but stops nobody;
// a file that fails twice fails the run.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const files = readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
const run = (name) => spawnSync(process.execPath, ["--test", join(folder, name)], { stdio: "inherit" }).status === 0;

const failed = [];
const unsteady = [];
for (const name of files) {
  if (run(name)) continue;
  console.log(`${name} failed; running it once more`);
  (run(name) ? unsteady : failed).push(name);
}
if (unsteady.length) console.log(`UNSTEADY: ${unsteady.join(", ")} failed at first and passed when run again`);
if (failed.length) console.log(`FAILED twice: ${failed.join(", ")}`);
console.log(`${files.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length ? 1 : 0);
