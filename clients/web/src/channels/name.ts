/** What is typed as a channel's name, in the form that names have. */
export function channelName(text: string): string {
  return text
    .normalize("NFC")
    .toLowerCase()
    .replace(/^#/, "")
    .replace(/\s/g, "-")
    .replace(/[^\p{L}\p{N}_-]/gu, "");
}
