export default function SettingsPage({ tab }: { tab: string }) {
  return <main>{tab}</main>;
}
