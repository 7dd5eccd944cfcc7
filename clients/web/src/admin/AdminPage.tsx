export default function AdminPage({ tab }: { tab: string }) {
  return <main>{tab}</main>;
}
