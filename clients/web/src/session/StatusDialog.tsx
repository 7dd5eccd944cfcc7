import { useRef, useState } from "react";
import { api, ok } from "../api/client";
import { useMe } from "../store/store";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Dialog, dialogStyles } from "../ui/Dialog";
import { DialogFoot } from "../ui/DialogFoot";
import { Field } from "../ui/Field";
import { SelectField } from "../ui/SelectField";
import { dateText } from "../ui/time";
import { useStatus } from "../ui/useStatus";
import { useSubmit } from "../ui/useSubmit";
import { keepMe } from "./keepMe";
import styles from "./StatusDialog.module.css";
import { endOf, UNTIL, type Until } from "./until";

const PRESETS: readonly (readonly [emoji: string, text: string, until: Until])[] = [
  ["📅", "In a meeting", "60"],
  ["🍜", "Lunch", "30"],
  ["🚆", "On the way", "30"],
  ["🏠", "Working from home", "day"],
  ["🤒", "Out sick", "day"],
  ["🌴", "On holiday", "week"],
];

/** Says what one is doing: from a list, or in one's own words. */
export default function StatusDialog({ onClose }: { onClose(): void }) {
  const me = useMe();
  const status = useStatus(me?.id ?? "");
  const form = useRef<HTMLFormElement>(null);
  const [until, setUntil] = useState<string>("");
  const { busy, problem, fields, onSubmit } = useSubmit(async (value) => {
    const body = { emoji: value("emoji").trim(), text: value("text").trim(), expires_at: endOf(until) };
    await keepMe(ok(api.PUT("/me/status", { body })));
    onClose();
  });
  function choose(emoji: string, text: string, end: Until) {
    for (const [name, value] of [
      ["emoji", emoji],
      ["text", text],
    ] as const) {
      const input = form.current?.elements.namedItem(name);
      if (input instanceof HTMLInputElement) input.value = value;
    }
    setUntil(end);
  }
  return (
    <Dialog title="Your status" onClose={onClose}>
      <form ref={form} className={dialogStyles.form} onSubmit={onSubmit}>
        <div className={styles.words}>
          <Field label="Emoji" name="emoji" maxLength={16} defaultValue={status?.emoji} error={fields.emoji} />
          <Field label="Status" name="text" maxLength={100} defaultValue={status?.text} error={fields.text} />
        </div>
        {status?.expires_at && <p className={styles.note}>It clears itself {dateText(status.expires_at)}.</p>}
        <div className={styles.presets}>
          {PRESETS.map(([emoji, text, end]) => (
            <Button key={text} size="small" onClick={() => choose(emoji, text, end)}>
              <span aria-hidden="true">{emoji}</span> {text}
            </Button>
          ))}
        </div>
        <SelectField
          label="Clear after"
          name="until"
          options={UNTIL}
          value={until}
          onChange={(event) => setUntil(event.target.value)}
        />
        <DialogFoot problem={problem || fields.expires_at || ""} busy={busy} action="Save" onClose={onClose}>
          {status && (
            <Button
              onClick={() =>
                void act(async () => {
                  await keepMe(ok(api.DELETE("/me/status")));
                  onClose();
                })
              }
            >
              Clear status
            </Button>
          )}
        </DialogFoot>
      </form>
    </Dialog>
  );
}
