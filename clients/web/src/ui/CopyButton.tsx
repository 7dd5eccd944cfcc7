import { useState } from "react";
import { Button } from "./Button";
import { copy } from "./copy";
import { Icon } from "./Icon";

/** Copies a text and says so. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  return (
    <Button
      look="primary"
      onClick={async () => {
        setDone(await copy(text));
        setTimeout(() => setDone(false), 2000);
      }}
    >
      <Icon name={done ? "check" : "copy"} size={16} />
      <span aria-live="polite">{done ? "Copied" : label}</span>
    </Button>
  );
}
