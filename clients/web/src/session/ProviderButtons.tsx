import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { authStyles } from "./AuthLayout";
import { startPath, useProviders } from "./providers";

/**
 * A button for each identity provider. It waits for their list, so that nothing moves when they come. The code of an
 * invite goes along, which makes an account for whoever has none.
 */
export function ProviderButtons({ next, invite }: { next: string; invite?: string }) {
  const providers = useProviders();
  if (providers.length === 0) return null;
  return (
    <div className={authStyles.form}>
      {providers.map(({ name, label }) => (
        <Button key={name} size="wide" onClick={() => location.assign(startPath(name, next, invite))}>
          <Icon name="lock" />
          {invite ? "Join" : "Sign in"} with {label}
        </Button>
      ))}
    </div>
  );
}
