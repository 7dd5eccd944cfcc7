// An authenticator app (RFC 6238 with the parameters that all of them know).
import { createHmac } from "node:crypto";

function base32(text) {
  let bits = "";
  for (const letter of text) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}

function codeOf(secret, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", base32(secret)).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/**
 * An app that never shows a code twice: the server takes the next step's too, so that two are had without waiting.
 * `wrong` is a code that the server takes at no time near now.
 */
export function authenticator(secret) {
  let last = 0;
  let shown = "";
  return {
    async code() {
      const now = () => Math.floor(Date.now() / 30_000);
      let step = Math.max(now(), last + 1);
      while (codeOf(secret, step) === shown) step++; // a code of a million is the one before
      while (step > now() + 1) await new Promise((resolve) => setTimeout(resolve, 200));
      last = step;
      shown = codeOf(secret, step);
      return shown;
    },
    wrong() {
      const now = Math.floor(Date.now() / 30_000);
      const near = new Set(Array.from({ length: 21 }, (_, n) => codeOf(secret, now + n - 10)));
      for (let n = 0; ; n++) {
        const code = String(n).padStart(6, "0");
        if (!near.has(code)) return code;
      }
    },
  };
}
