import { useEffect } from "react";
import { useLocation } from "wouter";
import { neighbour } from "./channels/order";
import { pathOf } from "./paths";
import { get } from "./store/store";

const REGIONS = ["sidebar", "timeline", "composer"];

/** Alt+↑/↓ to the next conversation, with Shift to the next unread one; F6 through the regions. */
export function useShortcuts(active: string | null): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (document.querySelector("dialog[open]")) return;
      if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        const next = neighbour(get().conversations, active, event.key === "ArrowUp" ? -1 : 1, event.shiftKey);
        if (next) navigate(pathOf(next));
        event.preventDefault();
      } else if (event.key === "F6") {
        event.preventDefault();
        cycle(event.shiftKey ? -1 : 1);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [active, navigate]);
}

function cycle(step: 1 | -1): void {
  const regions = REGIONS.map((id) => document.getElementById(id)).filter((e) => e !== null);
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const region = regions[(at + step + regions.length) % regions.length];
  const inner = region?.querySelector<HTMLElement>('[aria-current="page"], [tabindex="0"]');
  (inner ?? region)?.focus();
}
