/** How a session was begun, as the reader of a list is told. */
export const METHODS = {
  password: "by password",
  passkey: "by passkey",
  oidc: "by another provider",
  invite: "by an invite",
  claim: "as the first owner",
  link: "from another device",
  device: "by a device code",
};
