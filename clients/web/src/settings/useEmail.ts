import { useCallback, useEffect, useState } from "react";
import { api, ok } from "../api/client";
import type { EmailState } from "../api/types";
import { useStore } from "../store/store";
import { act } from "../ui/act";

/** One's address and what is not settled about it; undefined until it is known. */
export function useEmail(): [EmailState | undefined, (state: EmailState) => void, () => Promise<void>] {
  const [state, setState] = useState<EmailState>();
  const ask = useCallback(() => act(async () => setState(await ok(api.GET("/me/email")))), []);
  useEffect(() => void ask(), [ask]);
  return [state, setState, ask];
}

/** Whether something about it waits for its user: without a mail server nothing ever does. */
export function useUnsettled(state: EmailState | undefined): state is EmailState {
  const mail = useStore((s) => s.meta?.mail ?? false);
  return !!state && (state.pending !== null || (mail && state.email !== "" && !state.proved));
}
