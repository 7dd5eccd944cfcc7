import { afterEach, expect, it, vi } from "vitest";
import { Outbox } from "./outbox";
import { openStorage } from "./storage";
import type { Message } from "./types";

afterEach(() => vi.unstubAllGlobals());

/** A browser that lets pages keep nothing: the very question throws. */
function forbid(): void {
  vi.stubGlobal("indexedDB", {
    open() {
      throw new DOMException("The operation is insecure.", "SecurityError");
    },
  });
}

it("works on without the browser's storage", async () => {
  forbid();
  const storage = openStorage("usr_a");
  expect(await storage.load()).toEqual([]);
  expect(await storage.drafts()).toEqual([]);
  await storage.saveDraft("cnv_a", "a draft");
  await storage.remove("c1");
});

it("sends what cannot be kept", async () => {
  forbid();
  const send = vi.fn(async () => ({ position: 1 }) as Message);
  const outbox = new Outbox({
    storage: openStorage("usr_a"),
    send,
    online: () => true,
    changed: () => {},
    acknowledged: () => true,
  });
  outbox.add({ client_msg_id: "c1", conversation_id: "cnv_a", text: "hello", created_at: "2026-01-01T00:00:00.000Z" });
  await vi.waitFor(() => expect(send).toHaveBeenCalledOnce(), 30_000);
});
