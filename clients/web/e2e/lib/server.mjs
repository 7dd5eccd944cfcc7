// A real dankerchatd in its own process, on SQLite or PostgreSQL, on loopback.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";

const root = join(import.meta.dirname, "../../../..");

/** The engines that the journey runs on: PostgreSQL where TEST_POSTGRES_URL names one. */
export const ENGINES = process.env.TEST_POSTGRES_URL ? ["sqlite", "postgres"] : ["sqlite"];

/** Limits far above what a test does by itself, so that a fast test is not taken for abuse. */
const LIMITS = [
  "messages=100000",
  "messages_burst=100000",
  "messages_token=100000",
  "conversation_rps=100000",
  "api_rps=100000",
  "api_burst=100000",
  "anonymous_rps=1000",
  "anonymous_burst=1000",
  "handshakes_per_ip=1000",
  "logins_per_ip=1000",
];

const PACKAGES = {
  dankerchatd: "./server/cmd/dankerchatd",
  "chat-channels": "./channels/cmd/chat-channels",
  provider: "./server/internal/oidctest/provider",
  clocked: "./server/internal/clocked",
};

/** The path of a program, which is built when it is not there. */
export function command(name) {
  const built = join(process.env.DANKERCHAT_BIN ?? join(root, "bin"), name);
  if (existsSync(built)) return built;
  const done = spawnSync("go", ["build", "-o", built, PACKAGES[name]], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  if (done.status !== 0) throw new Error(`go build: ${done.stderr}`);
  return built;
}

export async function database(engine) {
  if (engine === "sqlite") {
    const dir = mkdtempSync(join(tmpdir(), "dankerchat-e2e-"));
    return { url: `sqlite://${dir}/e2e.db`, drop: async () => rmSync(dir, { recursive: true, force: true }) };
  }
  const admin = postgres(process.env.TEST_POSTGRES_URL, { max: 1, onnotice: () => {} });
  const name = `e2e_${randomBytes(6).toString("hex")}`;
  await admin.unsafe(`CREATE DATABASE ${name}`);
  const url = new URL(process.env.TEST_POSTGRES_URL);
  url.pathname = `/${name}`;
  const drop = async () => {
    await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  };
  return { url: url.href, drop };
}

/**
 * A port at which nobody listens. It is below those that systems give to outgoing connections (from 32768 on Linux,
 * from 49152 elsewhere): while a server is away its port could else be given to whatever calls somebody, even to the
 * browser that tries to come back.
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(15_000, 30_000);
    const free = await new Promise((resolve) => {
      const probe = createServer()
        .once("error", () => resolve(false))
        .listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Starts a server with a fresh database. `url` is how browsers reach it; it stays the same over restarts. */
export async function startServer(engine = "sqlite", host = "127.0.0.1") {
  const db = await database(engine);
  const keys = mkdtempSync(join(tmpdir(), "dankerchat-keys-"));
  const server = { engine, db: db.url, port: 0, url: "", link: "", log: "" };
  let child;

  server.start = async (args = []) => {
    const limits = LIMITS.flatMap((l) => ["--limit", l]);
    const flags = [
      "--listen",
      `127.0.0.1:${server.port}`,
      "--db",
      db.url,
      "--key-file",
      join(keys, "secret.key"),
      "--log-format",
      "json",
      "--drain-delay",
      "0s",
      "--public-url",
      server.url,
    ];
    child = spawn(command("dankerchatd"), ["serve", ...flags, ...limits, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stderr.on("data", (chunk) => {
      text += chunk;
      server.log += chunk;
    });
    const started = Date.now();
    // The last that it says at its start, after the first-run link.
    while (!text.includes('"message":"serving"')) {
      if (child.exitCode !== null || Date.now() - started > 120_000)
        throw new Error(`the server did not start:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (let ready = false; !ready; ) {
      ready = await fetch(`http://127.0.0.1:${server.port}/api/v1/health/ready`).then(
        (r) => r.ok,
        () => false,
      );
      if (!ready) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    server.link = /first-run link: (\S+)/.exec(text)?.[1] ?? server.link;
  };

  const gone = (process) =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => process.once("exit", resolve));

  /** Ends the process without a chance to say goodbye. */
  server.kill = async () => {
    child.kill("SIGKILL");
    await gone(child);
  };

  server.stop = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await gone(child);
    clearTimeout(timer);
    await db.drop();
    rmSync(keys, { recursive: true, force: true });
  };

  for (let tries = 5; ; tries--) {
    server.port = await freePort();
    server.url = `http://${host}:${server.port}`;
    try {
      await server.start();
      return server;
    } catch (error) {
      // Somebody else may have taken it since.
      if (tries === 1 || !/address already in use/.test(error.message)) throw error;
    }
  }
}

/** Calls the API as whoever holds a token. */
export async function call(server, token, method, path, body) {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body && { "Content-Type": "application/json" }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

export async function tokenOf(server, username, password) {
  return (await call(server, null, "POST", "/auth/login", { username, password })).access_token;
}
