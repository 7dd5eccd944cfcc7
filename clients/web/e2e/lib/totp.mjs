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

/** An app that never shows a code twice: it waits for none, since the server takes the next step's too. */
export function authenticator(secret) {
  let last = 0;
  return {
    async code() {
      const now = () => Math.floor(Date.now() / 30_000);
      const step = Math.max(now(), last + 1);
      while (step > now() + 1) await new Promise((resolve) => setTimeout(resolve, 200));
      last = step;
      return codeOf(secret, step);
    },
  };
}
