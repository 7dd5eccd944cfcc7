import { createStore, del, entries, set } from "idb-keyval";
import type { Outgoing } from "../store/state";
import type { OutboxStorage } from "./outbox";

/**
 * What the browser keeps for one user: messages on their way out and drafts. Another
 * user of the same browser has a database of their own. Where IndexedDB is missing or
 * full the app works on without it.
 */
export function openStorage(user: string): OutboxStorage & DraftStorage {
  const outbox = createStore(`dankerchat-outbox-${user}`, "entries");
  const shelf = `dankerchat-drafts-${user}`;
  const drafts = createStore(shelf, "entries");
  let tabs: BroadcastChannel | undefined;
  // Where pages may keep nothing, the very question throws.
  const quietly = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work();
    } catch {
      return otherwise;
    }
  };
  return {
    load: () => quietly(() => entries<string, Outgoing>(outbox).then((all) => all.map(([, entry]) => entry)), []),
    save: (entry) => quietly(() => set(entry.client_msg_id, entry, outbox), undefined),
    remove: (id) => quietly(() => del(id, outbox), undefined),
    drafts: () => quietly(() => entries<string, string>(drafts), []),
    saveDraft: (conversation, text) => {
      tabs?.postMessage([conversation, text]);
      return quietly(() => (text ? set(conversation, text, drafts) : del(conversation, drafts)), undefined);
    },
    listen: (take) => {
      const opened = new BroadcastChannel(shelf);
      opened.onmessage = ({ data: [conversation, text] }: MessageEvent<[string, string]>) => take(conversation, text);
      tabs = opened;
      return () => {
        tabs = undefined;
        opened.close();
      };
    },
  };
}

export interface DraftStorage {
  drafts(): Promise<[string, string][]>;
  saveDraft(conversation: string, text: string): Promise<void>;
  /** Hears of the drafts that other tabs of this user save, as they hear of those saved here, until the end of it. */
  listen(take: (conversation: string, text: string) => void): () => void;
}
