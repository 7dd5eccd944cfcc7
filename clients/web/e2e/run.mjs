// Runs each browser test file in a process of its own: all of them, or those that are named.
// Two at a time, since a browser test also waits; those that measure have the machine alone.
// In CI a file that fails has one more try, alone (ADR 141); what passes only then is named as unsteady.
// usage: node e2e/run.mjs [NAME.test.mjs…]
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const all = readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
const files = process.argv.length > 2 ? process.argv.slice(2) : all;
const measuring = ["scrollback.test.mjs", "weight.test.mjs"];
/** They begin first, so that no lane runs on alone at the end. */
const long = ["access.test.mjs", "outage.test.mjs", "journey.test.mjs"];

/** Runs one file, and says whether it passed; what it wrote is shown when it has ended, so that two never mix. */
function passes(name) {
  return new Promise((done) => {
    const child = spawn(process.execPath, ["--test", join(folder, name)], { stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    child.stdout.on("data", (part) => output.push(part));
    child.stderr.on("data", (part) => output.push(part));
    child.on("close", (code) => {
      process.stdout.write(Buffer.concat(output));
      console.log(`${code === 0 ? "passed" : "FAILED"}: ${name}`);
      done(code === 0);
    });
  });
}

/** Runs files one after the other; those that failed are returned. */
async function inTurn(names) {
  const failed = [];
  for (let name = names.shift(); name; name = names.shift()) if (!(await passes(name))) failed.push(name);
  return failed;
}

const together = files.filter((name) => !measuring.includes(name));
together.sort((a, b) => long.includes(b) - long.includes(a));
let failed = (await Promise.all([inTurn(together), inTurn(together)])).flat();
failed = failed.concat(await inTurn(files.filter((name) => measuring.includes(name))));

if (process.env.CI && failed.length) {
  const first = failed;
  console.log(`once more, alone: ${first.join(", ")}`);
  failed = await inTurn([...first]);
  const unsteady = first.filter((name) => !failed.includes(name));
  if (unsteady.length) console.log(`UNSTEADY, passed at the second try: ${unsteady.join(", ")}`);
}

if (failed.length) console.log(`FAILED: ${failed.join(", ")}`);
console.log(`${files.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length ? 1 : 0);
