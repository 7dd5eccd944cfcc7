import { useEffect, useState } from "react";
import { api, ok } from "../api/client";
import type { Stats } from "../api/types";
import { act } from "../ui/act";
import { pageStyles as styles } from "../ui/Page";
import { Spinner } from "../ui/Spinner";
import { numberText } from "../ui/time";
import own from "./OverviewTab.module.css";

export function OverviewTab() {
  const [stats, setStats] = useState<Stats>();
  useEffect(() => {
    const read = () => act(async () => setStats(await ok(api.GET("/admin/overview"))));
    void read();
    const timer = setInterval(read, 30_000);
    return () => clearInterval(timer);
  }, []);
  if (!stats) return <Spinner />;
  const figures: [label: string, value: string, more: string][] = [
    ["People", numberText(stats.active_users), `${numberText(stats.suspended_users)} suspended`],
    ["Channels", numberText(stats.channels), `${numberText(stats.archived_channels)} archived`],
    ["Direct conversations", numberText(stats.direct_conversations), ""],
    ["Messages", numberText(stats.messages), `${numberText(stats.messages_last_day)} in the last day`],
    ["Database", bytesText(stats.database_bytes), `log position ${numberText(stats.log_position)}`],
  ];
  return (
    <section className={styles.section}>
      <h2>Overview</h2>
      <dl className={own.figures}>
        {figures.map(([label, value, more]) => (
          <div key={label} className={own.figure}>
            <dt>{label}</dt>
            <dd>{value}</dd>
            {more && <dd className={own.more}>{more}</dd>}
          </div>
        ))}
      </dl>
    </section>
  );
}

function bytesText(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const format = new Intl.NumberFormat(undefined, { style: "unit", unit: units[power], maximumFractionDigits: 1 });
  return format.format(bytes / 1000 ** power);
}
