import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fetchWithin, silence } from "./within";

/** What the network does with each request in turn. */
let network: ((signal: AbortSignal) => Promise<Response>)[];
let sent: Request[];

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  vi.stubGlobal("fetch", (request: Request, { signal }: { signal: AbortSignal }) => {
    sent.push(request);
    return network.shift()?.(signal);
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const address = "http://chat.example/api/v1/things";
const nothing = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
const answer = async () => Response.json({ a: 1 }, { status: 201, headers: { "X-Request-Id": "r" } });

/** An answer whose parts come one after the other, each after a time; without an end, when it breaks off. */
const slowly =
  (parts: string[], each: number, end = true) =>
  async (signal: AbortSignal) =>
    new Response(
      new ReadableStream<Uint8Array>({
        async start(stream) {
          signal.addEventListener("abort", () => stream.error(signal.reason));
          for (const part of parts) {
            await new Promise((resolve) => setTimeout(resolve, each));
            stream.enqueue(new TextEncoder().encode(part));
          }
          if (end) stream.close();
        },
      }),
    );

it("hands over an answer as it is, and one without a body", async () => {
  network = [answer, async () => new Response(null, { status: 204 })];
  const first = await fetchWithin(new Request(address));
  expect([first.status, first.headers.get("X-Request-Id"), await first.json()]).toEqual([201, "r", { a: 1 }]);
  const second = await fetchWithin(new Request(address, { method: "DELETE" }));
  expect([second.status, await second.text()]).toEqual([204, ""]);
});

it("takes an answer without a body for one where the browser has an empty stream for it, as Chromium does", async () => {
  const empty = new Response(null, { status: 204, headers: { "X-Request-Id": "r" } });
  Object.defineProperty(empty, "body", { value: new Response("").body });
  network = [async () => empty];
  const found = await fetchWithin(new Request(address, { method: "DELETE" }));
  expect([found.status, found.headers.get("X-Request-Id"), await found.text()]).toEqual([204, "r", ""]);
});

it("asks once more when nothing is answered to a question, and then gives up", async () => {
  network = [nothing, answer];
  const found = fetchWithin(new Request(address));
  await vi.advanceTimersByTimeAsync(silence.read);
  expect((await found).status).toBe(201);
  network = [nothing, nothing];
  const lost = expect(fetchWithin(new Request(address))).rejects.toMatchObject({ name: "TimeoutError" });
  await vi.advanceTimersByTimeAsync(2 * silence.read);
  await lost;
  expect(sent).toHaveLength(4);
});

it("asks once more when an answer breaks off in its middle", async () => {
  network = [slowly(['{"a":'], 100, false), answer];
  const found = fetchWithin(new Request(address));
  await vi.advanceTimersByTimeAsync(silence.read + 200);
  expect(await (await found).json()).toEqual({ a: 1 });
});

it("waits for as long as something comes, however slowly", async () => {
  network = [slowly(["[1", ",2", ",3", "]"], silence.read - 1000)];
  const found = fetchWithin(new Request(address));
  await vi.advanceTimersByTimeAsync(4 * silence.read);
  expect(await (await found).json()).toEqual([1, 2, 3]);
  expect(sent).toHaveLength(1);
});

it("does no change twice, and gives a large one the time that it takes", async () => {
  network = [nothing];
  const lost = expect(fetchWithin(new Request(address, { method: "POST", body: "{}" }))).rejects.toMatchObject({
    name: "TimeoutError",
  });
  await vi.advanceTimersByTimeAsync(silence.write);
  await lost;
  const picture = new Blob([new Uint8Array(1_600_000)]);
  let over = false;
  network = [nothing];
  const upload = fetchWithin(new Request(address, { method: "PUT", body: picture }), picture.size).catch(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(silence.write + 99_000);
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(2000);
  await upload;
  expect(sent).toHaveLength(2);
});

it("lets a request fail at once that the network refuses", async () => {
  network = [() => Promise.reject(new TypeError("Failed to fetch"))];
  await expect(fetchWithin(new Request(address))).rejects.toThrow("Failed to fetch");
  expect(sent).toHaveLength(1);
});
