const BUILT_IN = typeof CSS !== "undefined" && CSS.supports?.("field-sizing", "content");

/** Lets a text area be as high as its text where the browser does not do so by itself. */
export function grow(area: HTMLTextAreaElement): void {
  if (BUILT_IN) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}
