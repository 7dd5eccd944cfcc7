/** A user name made of a person's name: "Noël Example" becomes "noel.example", and "Мир" stays "мир". */
export function usernameOf(name: string): string {
  const latin = name.normalize("NFD").replace(/\p{M}/gu, "");
  return dotted(latin, /[^a-z0-9]+/g) || dotted(name.normalize("NFC"), /[^\p{L}\p{M}\d]+/gu);
}

const dotted = (name: string, others: RegExp) =>
  [
    ...name
      .toLowerCase()
      .replace(others, ".")
      .replace(/^\.+|\.+$/g, ""),
  ]
    .slice(0, 32)
    .join("");

/** The values of AccountFields. */
export function accountOf(value: (name: string) => string) {
  return { display_name: value("display_name").trim(), username: value("username"), password: value("password") };
}
