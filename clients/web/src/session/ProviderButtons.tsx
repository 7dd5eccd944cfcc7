import { use } from "react";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { authStyles } from "./AuthLayout";
import { askProviders, startPath } from "./providers";

/** A button for each identity provider. It waits for their list, so that nothing moves when they come. */
export function ProviderButtons({ next }: { next: string }) {
  const providers = use(askProviders());
  if (providers.length === 0) return null;
  return (
    <div className={authStyles.form}>
      {providers.map(({ name, label }) => (
        <Button key={name} size="wide" onClick={() => location.assign(startPath(name, next))}>
          <Icon name="lock" />
          Sign in with {label}
        </Button>
      ))}
    </div>
  );
}
