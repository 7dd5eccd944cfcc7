import { start } from "../api/connection";
import { act } from "../ui/act";
import { Button } from "../ui/Button";
import { signOut } from "./signOut";

/** Leaves a session that has not proved enough. */
export function SignOut() {
  return (
    <Button
      size="wide"
      onClick={() =>
        void act(async () => {
          if (!(await signOut())) await start();
        })
      }
    >
      Sign out
    </Button>
  );
}
