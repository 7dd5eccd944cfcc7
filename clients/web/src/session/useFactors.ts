import { useEffect, useState } from "react";
import { api, ok } from "../api/client";
import type { SecondFactors } from "../api/types";

/** What one has set up; undefined until it is known, and when it cannot be. */
export function useFactors(): SecondFactors | undefined {
  const [factors, setFactors] = useState<SecondFactors>();
  useEffect(() => {
    ok(api.GET("/auth/2fa")).then(setFactors, () => {});
  }, []);
  return factors;
}
