import { useEffect } from "react";
import { totals } from "./channels/order";
import { titleOf, useStore } from "./store/store";

/** The page's title and icon: how many messages call the reader, where they are, and whether anything is unread. */
export function useTitle(active: string | null): void {
  const title = useStore((s) => {
    const { badge, unread } = totals(s.conversations);
    const conversation = active ? s.conversations[active] : undefined;
    const place = conversation ? `${conversation.channel ? "#" : ""}${titleOf(conversation, s)} · ` : "";
    const count = badge > 0 ? `(${badge > 99 ? "99+" : badge}) ` : unread ? "• " : "";
    return `${count}${place}${s.workspace.name || "DankerChat"}`;
  });
  useEffect(() => {
    document.title = title;
  }, [title]);
  const mark = title.startsWith("(") ? "called" : title.startsWith("•") ? "unread" : "none";
  useEffect(() => drawIcon(mark), [mark]);
}

/** Draws the tab's icon with a dot for what is unread. */
function drawIcon(mark: "called" | "unread" | "none"): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (!link) return;
  if (mark === "none") {
    link.href = "/favicon.svg";
    return;
  }
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 32;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.drawImage(image, 0, 0, 32, 32);
    context.beginPath();
    context.arc(25, 7, 7, 0, 2 * Math.PI);
    context.fillStyle = mark === "called" ? "#c4262e" : "#ffffff";
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = mark === "called" ? "#ffffff" : "#4f46e5";
    context.stroke();
    link.href = canvas.toDataURL("image/png");
  };
  image.src = "/favicon.svg";
}
