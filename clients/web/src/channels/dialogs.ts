import { create } from "zustand";

/** The dialogs of the shell; one is open at a time. */
export type DialogState =
  | { name: "browse" }
  | { name: "create-channel" }
  | { name: "new-direct" }
  | { name: "invite" }
  | { name: "add-people"; conversation: string }
  | { name: "edit-channel"; conversation: string }
  | { name: "status" }
  | { name: "profile"; user: string };

export const useDialog = create<{ dialog: DialogState | null }>()(() => ({ dialog: null }));

export const openDialog = (dialog: DialogState) => useDialog.setState({ dialog });
export const closeDialog = () => useDialog.setState({ dialog: null });
