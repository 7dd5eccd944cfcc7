/**
 * Puts a text on the clipboard. The Clipboard API needs https, which a LAN may be
 * without; a selected text area does it there.
 */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    const active = document.activeElement as HTMLElement | null;
    const host = active?.closest("dialog") ?? document.body;
    area.value = text;
    area.className = "visually-hidden";
    area.setAttribute("aria-hidden", "true");
    host.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    active?.focus();
    return done;
  }
}
