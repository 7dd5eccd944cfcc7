import { useState } from "react";
import { api, ok } from "../api/client";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { CopyButton } from "../ui/CopyButton";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { dateText } from "../ui/time";
import { useList } from "../ui/useList";
import { TokenForm } from "./TokenForm";

const load = () => ok(api.GET("/me/tokens"));

export function TokensTab() {
  const { rows, problem, again } = useList(load);
  const [secret, setSecret] = useState("");
  return (
    <>
      <section className={styles.section}>
        <h2>API tokens</h2>
        <p className={styles.lead}>
          For scripts and bots that act as you:{" "}
          <code>curl -H "Authorization: Bearer dkt_…" {location.origin}/api/v1/me</code>
        </p>
        {secret && (
          <div className={styles.secret} role="status">
            <strong>Copy the token now. It is shown only this once.</strong>
            <code>{secret}</code>
            <div className={styles.row}>
              <CopyButton text={secret} label="Copy token" />
              <Button onClick={() => setSecret("")}>I have it</Button>
            </div>
          </div>
        )}
        {problem && <p className={styles.problem}>{problem}</p>}
        {rows && rows.length > 0 && (
          <ul className={styles.list}>
            {rows.map((token) => (
              <li key={token.id}>
                <Icon name="key-round" />
                <span className={styles.what}>
                  <span>{token.name}</span>
                  <small>
                    {token.prefix}… · {token.scopes.includes("*") ? "everything" : token.scopes.join(", ")} ·{" "}
                    {token.last_used_at ? `last used ${dateText(token.last_used_at)}` : "never used"}
                    {token.expires_at && ` · until ${dateText(token.expires_at)}`}
                  </small>
                </span>
                <Button
                  size="small"
                  onClick={() =>
                    void act(async () => {
                      await ok(api.DELETE("/me/tokens/{token}", { params: { path: { token: token.id } } }));
                      await again();
                    })
                  }
                >
                  Revoke
                  <span className="visually-hidden"> {token.name}</span>
                </Button>
              </li>
            ))}
          </ul>
        )}
      </section>
      <TokenForm
        onCreated={(made) => {
          setSecret(made);
          void again();
        }}
      />
    </>
  );
}
