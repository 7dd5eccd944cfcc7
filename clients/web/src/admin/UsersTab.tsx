import { useCallback, useState } from "react";
import { api, ok } from "../api/client";
import type { Role, User } from "../api/types";
import { Field } from "../ui/Field";
import { pageStyles as styles } from "../ui/Page";
import { SelectField } from "../ui/SelectField";
import { Table } from "../ui/Table";
import { useList } from "../ui/useList";
import { UserRow } from "./UserRow";

const ROLES = [
  ["", "Any role"],
  ["owner", "Owners"],
  ["admin", "Administrators"],
  ["member", "Members"],
  ["guest", "Guests"],
] as const;
const STATES = [
  ["", "Any state"],
  ["active", "Active"],
  ["suspended", "Suspended"],
] as const;

export function UsersTab() {
  const [query, setQuery] = useState("");
  const [role, setRole] = useState("");
  const [state, setState] = useState("");
  const load = useCallback(
    (cursor: string | undefined) => {
      const filter = {
        query: query.trim() || undefined,
        role: (role || undefined) as Role | undefined,
        state: (state || undefined) as User["state"] | undefined,
      };
      return ok(api.GET("/admin/users", { params: { query: { ...filter, cursor, limit: 50 } } }));
    },
    [query, role, state],
  );
  const { rows, problem, more, change } = useList(load);
  const replace = (user: User) => change((all) => all?.map((u) => (u.id === user.id ? user : u)));
  const drop = (user: User) => change((all) => all?.filter((u) => u.id !== user.id));
  return (
    <section className={styles.section}>
      <h2>People</h2>
      <div className={`${styles.row} ${styles.end}`}>
        <Field
          className={styles.grow}
          label="Find"
          type="search"
          value={query}
          onChange={(e) => setQuery(e.target.value)}
        />
        <SelectField label="Role" options={ROLES} value={role} onChange={(e) => setRole(e.target.value)} />
        <SelectField label="State" options={STATES} value={state} onChange={(e) => setState(e.target.value)} />
      </div>
      {problem && <p className={styles.problem}>{problem}</p>}
      <Table
        label="People as a table"
        columns={["Name", "Email", "Since", "Role", "Actions"]}
        rows={rows?.map((user) => <UserRow key={user.id} user={user} onChange={replace} onDelete={drop} />)}
        empty="Nobody matches."
        more={more}
      />
    </section>
  );
}
