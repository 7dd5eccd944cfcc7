/** A user name made of a person's name: "Zoë Example" becomes "zoe.example". */
export function usernameOf(name: string): string {
  return name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ".")
    .replace(/^\.+|\.+$/g, "")
    .slice(0, 32);
}

/** The values of AccountFields. */
export function accountOf(value: (name: string) => string) {
  return { display_name: value("display_name").trim(), username: value("username"), password: value("password") };
}
