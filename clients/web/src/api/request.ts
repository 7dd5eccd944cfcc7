import type { Client } from "openapi-fetch";
import type { paths } from "./schema.gen";

/** The operations of the contract by method and path, typed by the document. */
export type Operations = Pick<Client<paths>, "GET" | "POST" | "PUT" | "PATCH" | "DELETE">;

interface Options {
  params?: { path?: Record<string, unknown>; query?: Record<string, unknown>; header?: Record<string, string> };
  /** Sent as JSON; a file as it is. */
  body?: unknown;
}

/**
 * What openapi-fetch does, without the parts that this app has no use for: only its
 * types are in the bundle. The answer holds either `data` or `error`, as JSON where it
 * is JSON; it rejects only when no answer came. `send` is told how many bytes of a file go with a request.
 */
export function operations(base: string, send: (request: Request, bytes: number) => Promise<Response>): Operations {
  const by =
    (method: string) =>
    async (path: string, options: Options = {}) => {
      const { params, body } = options;
      const headers = new Headers(params?.header);
      const file = body instanceof Blob;
      if (body !== undefined) headers.set("Content-Type", file ? "application/octet-stream" : "application/json");
      const response = await send(
        new Request(base + addressOf(path, params), { method, headers, body: file ? body : JSON.stringify(body) }),
        file ? body.size : 0,
      );
      const content = parsed(await response.text());
      return response.ok ? { data: content, response } : { error: content, response };
    };
  const made = { GET: by("GET"), POST: by("POST"), PUT: by("PUT"), PATCH: by("PATCH"), DELETE: by("DELETE") };
  return made as unknown as Operations;
}

function addressOf(path: string, params: Options["params"]): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(params?.path?.[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params?.query ?? {})) if (value != null) query.set(name, String(value));
  return query.size > 0 ? `${filled}?${query}` : filled;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text || undefined; // nothing, or a proxy's page
  }
}
