import { TOTPSection } from "./TOTPSection";

/** How one proves who one is. */
export function SecurityTab() {
  return <TOTPSection />;
}
