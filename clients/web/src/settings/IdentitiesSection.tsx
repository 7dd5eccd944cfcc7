import { Suspense, useState } from "react";
import { api, ok } from "../api/client";
import type { Identity } from "../api/types";
import { useProviders } from "../session/providers";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/ConfirmDialog";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { dateText } from "../ui/time";
import { useList } from "../ui/useList";

const load = () => ok(api.GET("/me/identities"));

/** The accounts at identity providers that sign one in; nothing where the server knows no provider. */
export function IdentitiesSection() {
  return (
    <Suspense fallback={null}>
      <Identities />
    </Suspense>
  );
}

function Identities() {
  const providers = useProviders();
  const { rows, problem, again } = useList(load);
  const [removing, setRemoving] = useState<Identity>();
  if (!rows || (providers.length === 0 && rows.length === 0)) return null;
  const labelOf = (name: string) => providers.find((p) => p.name === name)?.label ?? name;
  const link = (provider: string) =>
    act(async () => {
      const { url } = await ok(api.POST("/me/identities", { body: { provider, next: "/settings/security" } }));
      location.assign(url);
    });
  const remove = (identity: Identity) =>
    act(async () => {
      await ok(api.DELETE("/me/identities/{identity}", { params: { path: { identity: identity.id } } }));
      await again();
    });

  return (
    <section className={styles.section} aria-labelledby="identities">
      <h2 id="identities">Linked accounts</h2>
      <p className={styles.lead}>An account that you have elsewhere signs you in here, without another password.</p>
      {problem && <p className={styles.problem}>{problem}</p>}
      {rows.length > 0 && (
        <ul className={styles.list} aria-labelledby="identities">
          {rows.map((identity) => (
            <li key={identity.id}>
              <Icon name="link" />
              <span className={styles.what}>
                <span>{labelOf(identity.provider)}</span>
                <small>{about(identity)}</small>
              </span>
              <Button size="small" onClick={() => setRemoving(identity)}>
                Unlink
                <span className="visually-hidden"> {labelOf(identity.provider)}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div className={styles.row}>
        {providers.map(({ name, label }) => (
          <Button key={name} onClick={() => void link(name)}>
            <Icon name="plus" />
            Link {label}
          </Button>
        ))}
      </div>
      {removing && (
        <ConfirmDialog
          title={`Unlink ${labelOf(removing.provider)}?`}
          text="It signs you in no more, and sessions that it began end, but not this one."
          action="Unlink"
          onConfirm={() => void remove(removing)}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </section>
  );
}

function about({ label, subject, created_at, last_used_at }: Identity): string {
  const used = last_used_at ? `last used ${dateText(last_used_at)}` : "never used";
  return `${label || subject} · linked ${dateText(created_at)} · ${used}`;
}
