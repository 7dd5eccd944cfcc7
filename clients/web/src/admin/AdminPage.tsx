import MissingPage from "../MissingPage";
import { useMe } from "../store/store";
import { Page, pageStyles } from "../ui/Page";
import { AuditTab } from "./AuditTab";
import { ChannelsTab } from "./ChannelsTab";
import { InvitesTab } from "./InvitesTab";
import { OverviewTab } from "./OverviewTab";
import { SettingsTab } from "./SettingsTab";
import { UsersTab } from "./UsersTab";

const TABS = [
  ["overview", "Overview", "layout-dashboard"],
  ["users", "People", "users"],
  ["channels", "Channels", "hash"],
  ["invites", "Invites", "ticket"],
  ["settings", "Settings", "sliders-horizontal"],
  ["audit", "Audit log", "scroll-text"],
] as const;

const PARTS = {
  overview: OverviewTab,
  users: UsersTab,
  channels: ChannelsTab,
  invites: InvitesTab,
  settings: SettingsTab,
  audit: AuditTab,
};

/** The administration; what one may not do, the server refuses. */
export default function AdminPage({ tab }: { tab: string }) {
  const role = useMe()?.role;
  if (role !== "owner" && role !== "admin") {
    return (
      <main className={pageStyles.page}>
        <div className={pageStyles.content}>
          <h1>Only administrators can see this page.</h1>
        </div>
      </main>
    );
  }
  if (!Object.hasOwn(PARTS, tab)) return <MissingPage />;
  const Part = PARTS[tab as keyof typeof PARTS];
  return (
    <Page title="Administration" base="/admin" tab={tab} tabs={TABS} wide>
      <Part />
    </Page>
  );
}
