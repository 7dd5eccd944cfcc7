import { Suspense } from "react";
import { api, ok } from "../api/client";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { useList } from "../ui/useList";
import { useProviders } from "./providers";

const load = () => ok(api.GET("/me/identities"));

/** Buttons that prove at a provider who is there, for those with a linked account. One comes back to the same page. */
export function ProviderProof() {
  return (
    <Suspense fallback={null}>
      <Proofs />
    </Suspense>
  );
}

function Proofs() {
  const providers = useProviders();
  const { rows = [] } = useList(load);
  const prove = (identity: string) =>
    act(async () => {
      const params = { path: { identity } };
      const body = { next: location.pathname };
      const { url } = await ok(api.POST("/me/identities/{identity}/verify", { params, body }));
      location.assign(url);
    });
  return rows.map(({ id, provider }) => {
    const known = providers.find((p) => p.name === provider);
    return (
      known && (
        <Button key={id} onClick={() => void prove(id)}>
          Use {known.label}
        </Button>
      )
    );
  });
}
