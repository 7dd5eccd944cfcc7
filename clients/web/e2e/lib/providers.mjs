// Identity providers that others wrote, on loopback: zitadel/oidc's example in a process of
// its own, and oidc-provider in this one.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Provider from "oidc-provider";
import { command } from "./server.mjs";

const redirect = (server, name) => `${server.url}/api/v1/auth/oidc/${name}/callback`;

async function zitadel(server) {
  const child = spawn(command("provider"), ["127.0.0.1:0", redirect(server, "zitadel")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const issuer = await new Promise((resolve, reject) => {
    let text = "";
    child.stderr.on("data", (chunk) => {
      text += chunk;
      const found = /issuer (\S+),/.exec(text);
      if (found) resolve(found[1]);
    });
    child.once("exit", () => reject(new Error(`the provider did not start:\n${text}`)));
  });
  const config = { name: "zitadel", label: "Zitadel", issuer, client_id: "chat", client_secret: "of the client" };
  return { config: { ...config, create_users: true, trusted: true }, stop: () => child.kill() };
}

async function node(server) {
  const http = createServer();
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${http.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "chat",
        client_secret: "of-the-client",
        redirect_uris: [redirect(server, "node")],
        post_logout_redirect_uris: [`${server.url}/login`],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    cookies: { keys: ["for tests alone"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: id, preferred_username: id, email: `${id}@node.example`, email_verified: true }),
    }),
  });
  http.on("request", provider.callback());
  const config = { name: "node", label: "Node", issuer, client_id: "chat", client_secret: "of-the-client" };
  return { config: { ...config, end_session: true }, stop: () => http.close() };
}

/** Starts both providers and starts the server again so that it knows them. */
export async function startProviders(server) {
  const started = [await zitadel(server), await node(server)];
  const dir = mkdtempSync(join(tmpdir(), "dankerchat-oidc-"));
  const path = join(dir, "providers.json");
  writeFileSync(path, JSON.stringify({ providers: started.map((p) => p.config) }));
  chmodSync(path, 0o600);
  await server.kill();
  await server.start(["--oidc-config", path]);
  return () => {
    for (const p of started) p.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
