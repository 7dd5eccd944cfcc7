import { ApiError, problemOf } from "../api/client";
import { report } from "../api/report";
import { toast } from "./toast";

/** Does something that a button asks for, and says so when it did not work. */
export async function act(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!(cause instanceof ApiError)) report(cause, "action");
    const problem = problemOf(cause);
    toast([problem.message, problem.hint].filter(Boolean).join(" "));
  }
}
