import { expect, it } from "vitest";
import { operations } from "./request";

/** Operations whose requests are kept and answered with one response. */
function answering(body: string | null, status = 200) {
  const sent: Request[] = [];
  const api = operations("http://chat.example/api/v1", async (request) => {
    sent.push(request);
    return new Response(body, { status });
  });
  return { api, sent };
}

it("fills in the path and leaves out what is not asked for", async () => {
  const { api, sent } = answering("{}");
  const query = { cursor: undefined, limit: 50, before: "a b&c" };
  await api.GET("/conversations/{conversation}/messages", { params: { path: { conversation: "c/1?#" }, query } });
  expect(sent[0]?.url).toBe("http://chat.example/api/v1/conversations/c%2F1%3F%23/messages?limit=50&before=a+b%26c");
  await api.GET("/meta");
  expect(sent[1]?.url).toBe("http://chat.example/api/v1/meta");
  expect(sent[1]?.headers.get("Content-Type")).toBeNull();
});

it("sends JSON, a file as it is, and nothing where there is nothing", async () => {
  const { api, sent } = answering("{}");
  const header = { "If-Match": '"3"' };
  await api.PATCH("/messages/{message}", { params: { path: { message: "m" }, header }, body: { text: "é" } });
  expect([sent[0]?.method, sent[0]?.headers.get("Content-Type"), sent[0]?.headers.get("If-Match")]).toEqual([
    "PATCH",
    "application/json",
    '"3"',
  ]);
  expect(await sent[0]?.json()).toEqual({ text: "é" });
  const picture = new Blob(["\u0000png"]);
  await api.PUT("/me/avatar", { body: picture as unknown as string });
  expect(sent[1]?.headers.get("Content-Type")).toBe("application/octet-stream");
  await api.POST("/auth/logout");
  expect(await sent[2]?.text()).toBe("");
});

it("tells data from errors, JSON or not, and knows an empty answer", async () => {
  const got = async (body: string | null, status: number) => {
    const { data, error } = await answering(body, status).api.GET("/sync");
    return { data, error };
  };
  expect(await got('{"a":1}', 200)).toEqual({ data: { a: 1 }, error: undefined });
  expect(await got(null, 204)).toEqual({ data: undefined, error: undefined });
  expect(await got('{"code":"not_found"}', 404)).toEqual({ data: undefined, error: { code: "not_found" } });
  expect(await got("<h1>Bad gateway</h1>", 502)).toEqual({ data: undefined, error: "<h1>Bad gateway</h1>" });
});

it("rejects when no answer comes", async () => {
  const api = operations("http://chat.example", () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(api.GET("/meta")).rejects.toThrow("Failed to fetch");
});
