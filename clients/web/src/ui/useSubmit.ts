import { type FormEvent, useState } from "react";
import { ApiError, problemOf } from "../api/client";
import { report } from "../api/report";

export interface Submit {
  busy: boolean;
  /** What is wrong as a whole; empty when fields say it. */
  problem: string;
  /** What is wrong by field name. */
  fields: Record<string, string>;
  onSubmit(event: FormEvent<HTMLFormElement>): void;
}

/** Runs a form's action with a reader of its values, and keeps what the server has to say about them. */
export function useSubmit(action: (value: (name: string) => string) => Promise<void>): Submit {
  const [state, setState] = useState<Omit<Submit, "onSubmit">>({ busy: false, problem: "", fields: {} });

  async function run(form: HTMLFormElement) {
    const values = new FormData(form);
    setState({ busy: true, problem: "", fields: {} });
    try {
      await action((name) => String(values.get(name) ?? ""));
      setState({ busy: false, problem: "", fields: {} });
    } catch (cause) {
      if (!(cause instanceof ApiError)) report(cause, "form");
      const problem = problemOf(cause);
      const known = Object.keys(problem.fields).filter((name) => form.elements.namedItem(name));
      const whole = known.length > 0 ? "" : [problem.message, problem.hint].filter(Boolean).join(" ");
      setState({ busy: false, problem: whole, fields: problem.fields });
      const first = known[0] && form.elements.namedItem(known[0]);
      if (first instanceof HTMLElement) first.focus();
    }
  }

  return {
    ...state,
    onSubmit(event) {
      event.preventDefault();
      if (!state.busy) void run(event.currentTarget);
    },
  };
}
