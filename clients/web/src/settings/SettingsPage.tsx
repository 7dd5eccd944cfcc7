import MissingPage from "../MissingPage";
import { Page } from "../ui/Page";
import { AppearanceTab } from "./AppearanceTab";
import { MutedTab } from "./MutedTab";
import { ProfileTab } from "./ProfileTab";
import { SecurityTab } from "./SecurityTab";
import { SessionsTab } from "./SessionsTab";
import { TokensTab } from "./TokensTab";

const TABS = [
  ["profile", "Profile", "user"],
  ["appearance", "Appearance", "palette"],
  ["security", "Security", "shield"],
  ["sessions", "Sessions", "monitor"],
  ["tokens", "API tokens", "key-round"],
  ["muted", "Muted people", "volume-x"],
] as const;

export default function SettingsPage({ tab }: { tab: string }) {
  if (!TABS.some(([name]) => name === tab)) return <MissingPage />;
  return (
    <Page title="Settings" base="/settings" tab={tab} tabs={TABS}>
      {tab === "appearance" ? (
        <AppearanceTab />
      ) : tab === "security" ? (
        <SecurityTab />
      ) : tab === "sessions" ? (
        <SessionsTab />
      ) : tab === "muted" ? (
        <MutedTab />
      ) : tab === "tokens" ? (
        <TokensTab />
      ) : (
        <ProfileTab />
      )}
    </Page>
  );
}
