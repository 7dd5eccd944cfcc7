import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { type WebSocket as Peer, WebSocketServer } from "ws";
import { until } from "../../test/browser";
import { type ConnectionState, Socket } from "./socket";

const HELLO = {
  user_id: "usr_a",
  connection_id: "con_a",
  epoch: "e",
  position: 1,
  mark: "",
  resumed: true,
  replayed: 0,
  heartbeat_ms: 25_000,
  server: { version: "0.1.0" },
};

let server: WebSocketServer | undefined;
let socket: Socket | undefined;

afterEach(() => {
  socket?.stop();
  server?.close();
  for (const client of server?.clients ?? []) client.terminate();
});

/** A server that does with each connection's frames what `answer` says, and a socket to it. */
async function connect(answer: (peer: Peer, frame: { op: string; id: string }, connection: number) => void) {
  const opened = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server = opened;
  let connections = 0;
  opened.on("connection", (peer) => {
    const connection = ++connections;
    peer.on("message", (data) => answer(peer, JSON.parse(String(data)), connection));
  });
  await new Promise((resolve) => opened.once("listening", resolve));
  const states: ConnectionState[] = [];
  let refused = 0;
  socket = new Socket(`ws://127.0.0.1:${(opened.address() as AddressInfo).port}`, {
    welcome: () => {},
    events: () => {},
    state: (state) => states.push(state),
    refused: () => refused++,
  });
  socket.start({ epoch: "e", position: 1, mark: "" });
  return { socket, states, refused: () => refused, connections: () => connections };
}

const greet = (peer: Peer, id: string) => peer.send(JSON.stringify({ op: "hello", id, d: HELLO }));

it("does not take a late hello for the end of the session: it asks, and tries again", async () => {
  const seen = await connect((peer, frame, connection) => {
    if (connection === 1) peer.close(4401, '{"code":"unauthenticated"}');
    else greet(peer, frame.id);
  });
  await until(() => seen.socket.online, "connected by the second try");
  expect(seen.refused()).toBe(1);
  expect(seen.states.map((s) => s.name)).not.toContain("closed");
});

it("finds out on waking that the other end is gone", async () => {
  const seen = await connect((peer, frame, connection) => {
    if (frame.op === "hello") greet(peer, frame.id);
    // The first connection is silent from here on, as one is whose network has gone.
    else if (connection > 1) peer.send(JSON.stringify({ op: "ack", id: frame.id, d: null }));
  });
  await until(() => seen.socket.online, "connected");
  seen.socket.wake();
  await until(() => seen.connections() === 2 && seen.socket.online, "connected afresh");
  seen.socket.wake();
  // Answers come in the order of the questions: with this one the other end has shown itself alive.
  await seen.socket.request("pong", undefined);
  expect([seen.connections(), seen.socket.online]).toEqual([2, true]);
});
