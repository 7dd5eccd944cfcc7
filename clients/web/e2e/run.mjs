// Runs each browser test file in a process of its own: all of them, or those that are named.
// Two at a time, since a browser test mostly waits; those that measure have the machine alone.
// usage: node e2e/run.mjs [NAME.test.mjs…]
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const all = readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
const files = process.argv.length > 2 ? process.argv.slice(2) : all;
const measuring = ["scrollback.test.mjs", "weight.test.mjs"];
const failed = [];

/** Runs one file; what it wrote is shown when it has ended, so that two never mix. */
function run(name) {
  return new Promise((done) => {
    const child = spawn(process.execPath, ["--test", join(folder, name)], { stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    child.stdout.on("data", (part) => output.push(part));
    child.stderr.on("data", (part) => output.push(part));
    child.on("close", (code) => {
      process.stdout.write(Buffer.concat(output));
      console.log(`${code === 0 ? "passed" : "FAILED"}: ${name}`);
      if (code !== 0) failed.push(name);
      done();
    });
  });
}

async function inTurn(names) {
  for (let name = names.shift(); name; name = names.shift()) await run(name);
}

const together = files.filter((name) => !measuring.includes(name));
await Promise.all([inTurn(together), inTurn(together)]);
await inTurn(files.filter((name) => measuring.includes(name)));

if (failed.length) console.log(`FAILED: ${failed.join(", ")}`);
console.log(`${files.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length ? 1 : 0);
