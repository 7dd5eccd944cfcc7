// A mail server on loopback that takes every mail (RFC 5321) and keeps it to be read.
import { createServer } from "node:net";

/** The text of a mail's first part, without the encoding of its lines (RFC 2045, section 6.7). */
function textOf(raw) {
  const part = raw.slice(raw.indexOf("text/plain"));
  const body = part.slice(part.indexOf("\r\n\r\n") + 4, part.search(/\r\n--[^\r\n]+\r\n/) + 2 || undefined);
  const bytes = body
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

export async function startMail() {
  const mails = [];
  const server = createServer((socket) => {
    let buffer = "";
    let reading = false;
    let to = [];
    const say = (line) => socket.write(`${line}\r\n`);
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      buffer += chunk;
      for (;;) {
        const end = buffer.indexOf(reading ? "\r\n.\r\n" : "\r\n");
        if (end < 0) return;
        const text = buffer.slice(0, end);
        buffer = buffer.slice(end + (reading ? 5 : 2));
        if (reading) {
          mails.push({ to, text: textOf(text), subject: /^Subject: (.*)$/im.exec(text)?.[1] ?? "" });
          reading = false;
          to = [];
          say("250 taken");
          continue;
        }
        const verb = text.slice(0, 4).toUpperCase();
        if (verb === "RCPT") to.push(/<(.*?)>/.exec(text)[1]);
        if (verb === "DATA") {
          reading = true;
          say("354 go on");
        } else if (verb === "QUIT") {
          say("221 bye");
          socket.end();
        } else say("250 ok");
      }
    });
    say("220 127.0.0.1 ESMTP");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

  /** Waits for the nth mail to an address whose text matches, and returns it. */
  async function to(address, pattern, nth = 1) {
    for (const end = Date.now() + 60_000; Date.now() < end; ) {
      const found = mails.filter((mail) => mail.to.includes(address) && pattern.test(mail.text));
      if (found.length >= nth) return found[nth - 1];
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no mail ${pattern} to ${address}: ${JSON.stringify(mails)}`);
  }

  return {
    args: [
      "--smtp-url",
      `smtp://127.0.0.1:${server.address().port}?tls=none`,
      "--mail-from",
      "Chat <chat@example.org>",
    ],
    to,
    /** The link in the nth mail to an address to a page of the app. */
    async link(address, page, nth = 1) {
      const pattern = new RegExp(`https?://\\S+${page}\\S+`);
      return pattern.exec((await to(address, pattern, nth)).text)[0];
    },
    stop: () => server.close(),
  };
}
