/** A key made of a new field's label, unlike those that are taken: "Team name" becomes "team_name". */
export function fieldKey(label: string, taken: Set<string>): string {
  const words = label
    .normalize("NFD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+|_+$/g, "")
    .slice(0, 28);
  const base = words || "field";
  let key = base;
  for (let n = 2; taken.has(key); n++) key = `${base}_${n}`;
  taken.add(key);
  return key;
}
