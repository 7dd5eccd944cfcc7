import { useLocation } from "wouter";
import { decoded } from "../paths";
import { channelByName, useStore } from "../store/store";

/** The conversation of the current path, by id. */
export function useActive(): string | null {
  const [path] = useLocation();
  const [, kind, name] = path.split("/");
  return useStore((s) => {
    if (kind === "dm") return name ?? null;
    if (kind === "c" && name) return channelByName(s, decoded(name))?.conversation_id ?? null;
    return null;
  });
}
