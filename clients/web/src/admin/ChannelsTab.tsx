import { useCallback, useState } from "react";
import { api, ok } from "../api/client";
import type { Channel } from "../api/types";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { pageStyles as styles } from "../ui/Page";
import { TableArea } from "../ui/TableArea";
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
      <TableArea label="Channels as a table">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Members</th>
              <th scope="col">Messages</th>
              <th scope="col">Since</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows?.map((channel) => (
              <ChannelRow key={channel.id} channel={channel} onChange={replace} />
            ))}
          </tbody>
        </table>
      </TableArea>
      {rows?.length === 0 && <p className={styles.quiet}>No channel matches.</p>}
      {more && (
        <div className={styles.row}>
          <Button onClick={more}>Show more</Button>
        </div>
      )}
    </section>
  );
}
