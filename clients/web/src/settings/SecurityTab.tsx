import { useState } from "react";
import { IdentitiesSection } from "./IdentitiesSection";
import { PasskeysSection } from "./PasskeysSection";
import { TOTPSection } from "./TOTPSection";

/** How one proves who one is. */
export function SecurityTab() {
  const [changes, setChanges] = useState(0);
  return (
    <>
      <PasskeysSection onChange={() => setChanges(changes + 1)} />
      <TOTPSection key={changes} />
      <IdentitiesSection />
    </>
  );
}
