import { useEffect, useRef } from "react";
import { ApiError } from "../api/client";
import { passkeysWork, signInByAutofill } from "./passkey";

/** A challenge is good for five minutes. */
const RENEW_AFTER = 4 * 60_000;
/** When the server has no challenge to give. */
const AGAIN_AFTER = 30_000;
/** Nobody chooses or cancels faster than this: the browser itself answers, and would again. */
const AT_ONCE = 1000;

interface Offering {
  /** One offer, with a challenge of its own: until a passkey is taken or the signal aborts. */
  signIn(signal: AbortSignal): Promise<void>;
  /** Somebody is signed in. */
  taken(): Promise<void>;
  /** What the server has against the passkey that was taken. */
  refused(text: string): void;
}

/**
 * Offers passkeys among what the browser fills in, again and again until one signs in
 * or `end` is called. Only while the page is in view: a browser has one challenge, and
 * it is to be that of the tab that is looked at.
 */
export function offerPasskeys({ signIn, taken, refused }: Offering): { end(): Promise<void> } {
  const ended = new AbortController();
  const over = (async () => {
    while (!ended.signal.aborted) {
      if (document.visibilityState !== "visible") {
        await change(ended.signal);
        continue;
      }
      const round = new AbortController();
      const began = Date.now();
      void change(ended.signal, RENEW_AFTER, round.signal).then(() => round.abort());
      try {
        await signIn(round.signal);
        void taken();
        return;
      } catch (cause) {
        if (round.signal.aborted) continue;
        round.abort();
        if (!(cause instanceof ApiError)) throw cause;
        if (cause.transient) {
          await change(ended.signal, AGAIN_AFTER);
          continue;
        }
        if (cause.code !== "cancelled") refused([cause.message, cause.hint].filter(Boolean).join(" "));
        if (Date.now() - began < AT_ONCE) return;
      }
    }
  })();
  return {
    end() {
      ended.abort();
      return over;
    },
  };
}

/** Waits until the page comes into view or out of it, for a time, or until one of the signals. */
function change(ended: AbortSignal, within?: number, over?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", done);
      for (const signal of [ended, over]) signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = within === undefined ? undefined : setTimeout(done, within);
    document.addEventListener("visibilitychange", done);
    for (const signal of [ended, over]) signal?.addEventListener("abort", done);
  });
}

/**
 * Offers passkeys in the sign-in page's autofill where the browser can. What it returns
 * does something else instead, such as signing in by the password: the offer ends first,
 * since a browser has one question at a time, and is made again when that failed.
 */
export function usePasskeyAutofill(taken: () => Promise<void>, refused: (text: string) => void) {
  const latest = useRef({ taken, refused });
  latest.current = { taken, refused };
  const offer = useRef<{ end(): Promise<void> }>(undefined);
  const works = useRef(false);
  const begin = () => {
    if (!works.current) return;
    offer.current = offerPasskeys({
      signIn: signInByAutofill,
      taken: () => latest.current.taken(),
      refused: (text) => latest.current.refused(text),
    });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: it begins with the page.
  useEffect(() => {
    const can = passkeysWork() ? PublicKeyCredential.isConditionalMediationAvailable?.() : undefined;
    let here = true;
    void can?.then((able) => {
      works.current = able && here;
      begin();
    });
    return () => {
      here = works.current = false;
      void offer.current?.end();
    };
  }, []);
  return async (work: () => Promise<void>) => {
    await offer.current?.end();
    try {
      await work();
    } catch (cause) {
      begin();
      throw cause;
    }
  };
}
