import { useCallback, useState } from "react";
import { api, ok } from "../api/client";
import type { Channel } from "../api/types";
import { Field } from "../ui/Field";
import { pageStyles as styles } from "../ui/Page";
import { Table } from "../ui/Table";
import { useList } from "../ui/useList";
import { ChannelRow } from "./ChannelRow";

export function ChannelsTab() {
  const [query, setQuery] = useState("");
  const load = useCallback(
    (cursor: string | undefined) =>
      ok(api.GET("/admin/channels", { params: { query: { query: query.trim() || undefined, cursor, limit: 50 } } })),
    [query],
  );
  const { rows, problem, more, change } = useList(load);
  const replace = (channel: Channel) => change((all) => all?.map((c) => (c.id === channel.id ? channel : c)));
  return (
    <section className={styles.section}>
      <h2>Channels</h2>
      <Field label="Find" type="search" value={query} onChange={(e) => setQuery(e.target.value)} />
      {problem && <p className={styles.problem}>{problem}</p>}
      <Table
        label="Channels as a table"
        columns={["Name", "Members", "Messages", "Since", "Actions"]}
        rows={rows?.map((channel) => <ChannelRow key={channel.id} channel={channel} onChange={replace} />)}
        empty="No channel matches."
        more={more}
      />
    </section>
  );
}
