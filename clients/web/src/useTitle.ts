import { useEffect } from "react";
import { create } from "zustand";
import { totals } from "./channels/order";
import { titleOf, useStore } from "./store/store";

/** What a page that is no conversation is called. */
const usePlace = create<{ name: string }>()(() => ({ name: "" }));

/** Names the page in the title for as long as the caller is shown. */
export function useNamed(name: string): void {
  useEffect(() => {
    usePlace.setState({ name });
    return () => usePlace.setState({ name: "" });
  }, [name]);
}

/** The page's title and icon: how many messages call the reader, where they are, and whether anything is unread. */
export function useTitle(active: string | null): void {
  const named = usePlace((s) => s.name);
  const title = useStore((s) => {
    const { badge, unread } = totals(s.conversations);
    const conversation = active ? s.conversations[active] : undefined;
    const where = conversation ? `${conversation.channel ? "#" : ""}${titleOf(conversation, s)}` : named;
    const place = where && `${where} · `;
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
