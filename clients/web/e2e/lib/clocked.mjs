// A server whose clock is put forward, and the cable by which browsers reach it.
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { command, database, freePort } from "./server.mjs";

/** A server by a clock of its own, which `pass("5m")` puts forward; `url` is the far end of its cable. */
export async function startClocked(engine) {
  const db = await database(engine);
  const port = await freePort();
  const cable = await lay(port);
  const child = spawn(command("clocked"), [`127.0.0.1:${port}`, cable.url, db.url], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  let heard = () => {};
  child.stderr.on("data", (chunk) => {
    said += chunk;
    heard();
  });
  const hears = async (what) => {
    for (;;) {
      const found = what.exec(said);
      if (found) {
        said = said.slice(found.index + found[0].length);
        return found;
      }
      if (child.exitCode !== null) throw new Error(`the server ended:\n${said}`);
      await new Promise((resolve) => {
        heard = resolve;
        setTimeout(resolve, 200);
      });
    }
  };
  const [, link] = await hears(/first-run link: (\S+)\n/);
  return {
    url: cable.url,
    /** For programs beside the server, without the cable. */
    beside: { url: `http://127.0.0.1:${port}` },
    link,
    cable,
    pass: async (duration) => {
      child.stdin.write(`${duration}\n`);
      await hears(/ahead \S+\n/);
    },
    stop: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      await gone;
      cable.end();
      await db.drop();
    },
  };
}

/** Connections to a port that can be cut: the far end hears nothing then, not even that they have ended. */
async function lay(port) {
  const pairs = new Map();
  const silent = [];
  const cable = createServer((far) => {
    const near = connect(port, "127.0.0.1");
    pairs.set(far, near);
    const end = () => {
      if (!pairs.delete(far)) return;
      far.destroy();
      near.destroy();
    };
    for (const socket of [far, near]) socket.on("error", end).on("close", end);
    far.pipe(near).pipe(far);
  });
  await new Promise((resolve) => cable.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${cable.address().port}`,
    cut: () => {
      for (const [far, near] of pairs) {
        pairs.delete(far);
        near.unpipe(far).destroy();
        silent.push(far.unpipe(near).resume());
      }
    },
    end: () => {
      for (const far of [...pairs.keys(), ...silent]) far.destroy();
      cable.close();
    },
  };
}
