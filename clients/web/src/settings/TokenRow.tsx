import { api, ok } from "../api/client";
import { once } from "../api/once";
import type { components } from "../api/schema.gen";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { dateText } from "../ui/time";

interface Props {
  token: components["schemas"]["Token"];
  onSecret(secret: string): void;
  onChange(): Promise<void>;
}

/** An API token, to be given a new secret or revoked. */
export function TokenRow({ token, onSecret, onChange }: Props) {
  const path = { token: token.id };
  const former = token.former_until && Date.parse(token.former_until) > Date.now() ? token.former_until : "";
  return (
    <li>
      <Icon name="key-round" />
      <span className={styles.what}>
        <span>{token.name}</span>
        <small>
          {token.prefix}… · {token.scopes.includes("*") ? "everything" : token.scopes.join(", ")} ·{" "}
          {token.last_used_at ? `last used ${dateText(token.last_used_at)}` : "never used"}
          {token.expires_at && ` · until ${dateText(token.expires_at)}`}
          {former && ` · the old secret works until ${dateText(former)}`}
        </small>
      </span>
      <Button
        size="small"
        onClick={() =>
          void act(async () => {
            const { secret } = await once(
              ["rotate", path],
              (header) => ok(api.POST("/me/tokens/{token}/rotate", { params: { path, header }, body: {} })),
              "A new secret was made, but got lost on its way here. Press again for another.",
            );
            onSecret(secret);
            await onChange();
          })
        }
      >
        New secret
        <span className="visually-hidden"> for {token.name}</span>
      </Button>
      <Button
        size="small"
        onClick={() =>
          void act(async () => {
            await ok(api.DELETE("/me/tokens/{token}", { params: { path } }));
            await onChange();
          })
        }
      >
        Revoke
        <span className="visually-hidden"> {token.name}</span>
      </Button>
    </li>
  );
}
