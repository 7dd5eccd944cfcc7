import { useCallback, useState } from "react";
import { api, ok } from "../api/client";
import type { Audit } from "../api/types";
import { useStore } from "../store/store";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { Table } from "../ui/Table";
import { dateText, numberText } from "../ui/time";
import { useList } from "../ui/useList";

export function AuditTab() {
  const [action, setAction] = useState("");
  const [finding, setFinding] = useState<{ ok: boolean; text: string }>();
  const load = useCallback(
    (cursor: string | undefined) =>
      ok(api.GET("/admin/audit", { params: { query: { action: action.trim() || undefined, cursor, limit: 50 } } })),
    [action],
  );
  const { rows, problem, more } = useList(load);
  const verify = () =>
    act(async () => {
      const report = await ok(api.POST("/admin/audit/verify"));
      const text = report.ok
        ? `All ${numberText(report.entries)} entries are as they were written.`
        : `The log was changed at entry ${report.first_bad}: ${report.problem}`;
      setFinding({ ok: report.ok, text });
    });
  return (
    <section className={styles.section}>
      <h2>Audit log</h2>
      <p className={styles.lead}>
        Every act of administration, each entry chained to the one before it, so that a changed, removed or reordered
        entry is found.
      </p>
      <div className={`${styles.row} ${styles.end}`}>
        <Field
          className={styles.grow}
          label="Action"
          type="search"
          placeholder="user.suspend"
          value={action}
          onChange={(e) => setAction(e.target.value)}
        />
        <Button onClick={() => void verify()}>
          <Icon name="list-checks" size={16} />
          Verify the log
        </Button>
      </div>
      {finding && (
        <p className={finding.ok ? styles.done : styles.problem} role="status">
          {finding.text}
        </p>
      )}
      {problem && <p className={styles.problem}>{problem}</p>}
      <Table
        label="Entries as a table"
        columns={["#", "When", "Who", "Action", "What changed"]}
        rows={rows?.map((entry) => <Entry key={entry.id} entry={entry} />)}
        empty="There is no entry."
        more={more}
      />
    </section>
  );
}

function Entry({ entry }: { entry: Audit }) {
  const name = useStore((s) => s.users[entry.actor]?.display_name ?? entry.actor);
  const target = useStore((s) => {
    const channel = s.conversations[entry.target]?.channel?.name;
    return s.users[entry.target]?.display_name ?? (channel ? `#${channel}` : entry.target);
  });
  return (
    <tr>
      <td data-label="#">{entry.sequence}</td>
      <td data-label="When" className={styles.nowrap}>
        {dateText(entry.at)}
      </td>
      <td data-label="Who">
        <span className={styles.what}>
          <span>{name}</span>
          {entry.ip && <small>{entry.ip}</small>}
        </span>
      </td>
      <td data-label="Action" className={styles.nowrap}>
        {entry.action}
      </td>
      <td data-label="What changed">
        <span className={styles.what}>
          <span>{target}</span>
          <small>{changes(entry)}</small>
        </span>
      </td>
    </tr>
  );
}

/** What an entry changed, field by field. */
export function changes({ before, after }: Pick<Audit, "before" | "after">): string {
  const fields = (value: unknown) => (value && typeof value === "object" ? (value as Record<string, unknown>) : {});
  const [old, now] = [fields(before), fields(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return names
    .filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map((name) => {
      if (!(name in old)) return `${name}: ${text(now[name])}`;
      if (!(name in now)) return `${name}: ${text(old[name])} removed`;
      return `${name}: ${text(old[name])} → ${text(now[name])}`;
    })
    .join(", ");
}
