// The size gate: the script and style that the browser loads before the timeline
// shows, gzipped. Lazily loaded parts are listed but not counted.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMITS = { js: 130, css: 20 };
const dist = fileURLToPath(new URL("../../../server/web/dist", import.meta.url));
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));
const packed = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;

const initial = new Set();
const visit = (name) => {
  if (initial.has(name)) return;
  initial.add(name);
  for (const next of manifest[name].imports ?? []) visit(next);
};
for (const [name, chunk] of Object.entries(manifest)) if (chunk.isEntry) visit(name);

const files = { js: new Set(["theme.js"]), css: new Set() };
const lazy = [];
if (manifest["style.css"]) files.css.add(manifest["style.css"].file);
for (const [name, chunk] of Object.entries(manifest)) {
  if (initial.has(name)) {
    if (chunk.file.endsWith(".js")) files.js.add(chunk.file);
    for (const css of chunk.css ?? []) files.css.add(css);
  } else if (chunk.file.endsWith(".js")) {
    lazy.push(`${(packed(chunk.file) / 1024).toFixed(1)} ${name}`);
  }
}
let failed = false;
for (const [kind, set] of Object.entries(files)) {
  const kb = [...set].reduce((sum, file) => sum + packed(file), 0) / 1024;
  const over = kb > LIMITS[kind];
  failed ||= over;
  console.log(`initial ${kind}: ${kb.toFixed(1)} KB gzip of ${LIMITS[kind]}${over ? ": OVER THE LIMIT" : ""}`);
}
console.log(`lazy (KB gzip): ${lazy.sort().join(", ")}`);
process.exit(failed ? 1 : 0);
