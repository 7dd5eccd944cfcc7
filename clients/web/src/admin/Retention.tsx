import { useState } from "react";
import { api, ok } from "../api/client";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { pageStyles as styles } from "../ui/Page";
import { numberText } from "../ui/time";

/** Erases what is older than the setting says; first it is counted. */
export function Retention({ days }: { days: number }) {
  const [counted, setCounted] = useState<number>();
  const [erased, setErased] = useState<number>();
  const [asking, setAsking] = useState(false);
  const run = (dryRun: boolean) =>
    act(async () => {
      const report = await ok(api.POST("/admin/retention/run", { body: { dry_run: dryRun } }));
      setCounted(dryRun ? report.messages : undefined);
      setErased(dryRun ? undefined : report.messages);
    });
  return (
    <section className={styles.section} aria-labelledby="retention">
      <h2 id="retention">Retention</h2>
      <p className={styles.lead}>
        {days === 0
          ? "Messages are kept for ever. Set a number of days above to erase older ones."
          : `Messages older than ${numberText(days)} days are erased: their text, their earlier versions and their mentions.`}
      </p>
      {days > 0 && (
        <div className={styles.row}>
          <Button onClick={() => void run(true)}>Count what would be erased</Button>
          <Button look="danger" disabled={!counted} onClick={() => setAsking(true)}>
            Erase now
          </Button>
          <span role="status">
            {counted !== undefined && `${numberText(counted)} messages would be erased.`}
            {erased !== undefined && `${numberText(erased)} messages were erased.`}
          </span>
        </div>
      )}
      {asking && (
        <ConfirmDialog
          title={`Erase ${numberText(counted ?? 0)} messages?`}
          text={`Everything older than ${numberText(days)} days is erased for everybody. There is no way back.`}
          action="Erase"
          onConfirm={() => void run(false)}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
}
