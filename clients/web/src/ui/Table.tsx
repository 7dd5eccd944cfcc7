import type { ReactNode } from "react";
import { Button } from "./Button";
import styles from "./Page.module.css";

interface Props {
  label: string;
  /** The heads; "Actions" is for ears alone. */
  columns: string[];
  /** One <tr> each; undefined until they are known. */
  rows: ReactNode[] | undefined;
  empty: string;
  /** Reads the next rows; undefined at the end. */
  more?: () => void;
}

/** Rows of a list. On a narrow screen they are cards, whose cells say by `data-label` what they are. */
export function Table({ label, columns, rows, empty, more }: Props) {
  if (rows?.length === 0) return <p className={styles.quiet}>{empty}</p>;
  return (
    <>
      <div className={styles.rows}>
        <table className={styles.table} aria-label={label}>
          <thead>
            <tr>
              {columns.map((name) => (
                <th key={name} scope="col">
                  {name === "Actions" ? <span className="visually-hidden">{name}</span> : name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{rows}</tbody>
        </table>
      </div>
      {more && (
        <div className={styles.row}>
          <Button onClick={more}>Show more</Button>
        </div>
      )}
    </>
  );
}
