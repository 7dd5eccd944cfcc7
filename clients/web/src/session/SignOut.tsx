import { api, ok } from "../api/client";
import { start } from "../api/connection";
import { act } from "../ui/act";
import { Button } from "../ui/Button";

/** Leaves a session that has not proved enough. */
export function SignOut() {
  return (
    <Button
      size="wide"
      onClick={() =>
        void act(async () => {
          await ok(api.POST("/auth/logout"));
          await start();
        })
      }
    >
      Sign out
    </Button>
  );
}
