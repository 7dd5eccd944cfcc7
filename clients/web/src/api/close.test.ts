import { describe, expect, it } from "vitest";
import { closeRule } from "./close";

describe("close codes", () => {
  it.each([
    ["a lost network resumes", 1006, "", 0, { stop: false, forget: false, retryAfter: 0 }],
    [
      "draining resumes after what the server asks",
      1012,
      '{"code":"draining","retry_after_ms":1200}',
      0,
      { stop: false, retryAfter: 1200 },
    ],
    ["a slow consumer resumes", 4000, '{"code":"slow_consumer"}', 0, { stop: false, forget: false }],
    ["flooding waits", 4002, '{"code":"flooding","retry_after_ms":5000}', 0, { stop: false, retryAfter: 5000 }],
    ["resync required forgets the cursor", 4100, "", 0, { stop: false, forget: true }],
    ["a protocol error is tried once", 1011, "", 0, { stop: false, strike: true }],
    ["a second protocol error ends it", 1011, "", 1, { stop: true }],
    ["a late hello, or an ended session, asks which", 4401, "", 0, { stop: false, ask: true }],
    ["a bad frame ends it", 4400, "", 0, { stop: true }],
    ["a suspension ends it", 4403, "", 0, { stop: true }],
    ["a revoked session ends it", 4410, "", 0, { stop: true }],
    ["a proxy's own reason is ignored", 1001, "going away", 0, { stop: false, retryAfter: 0 }],
  ])("%s", (_name, code, reason, strikes, want) => {
    expect(closeRule(code, reason, strikes)).toMatchObject(want);
  });
});
