import { cleanup, renderHook } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { useLinkCode } from "./useLinkCode";

afterEach(cleanup);

it.each([
  ["/reset#abc", "abc"],
  ["/reset?code=abc", "abc"], // links from before
  ["/reset?code=old#abc", "abc"],
  ["/reset", ""],
  ["/reset#", ""],
])("takes the code of %s, and takes it out of the address", (link, code) => {
  history.replaceState(null, "", link);
  const { result, rerender } = renderHook(() => useLinkCode());
  rerender();
  expect(result.current).toBe(code);
  expect(location.href).toBe(`${location.origin}/reset`);
});

it.each(["/setup#abc", "/setup?k=abc"])("lets the code of %s stay for a reload", (link) => {
  history.replaceState(null, "", link);
  expect(renderHook(() => useLinkCode("stays")).result.current).toBe("abc");
  expect(location.pathname + location.search + location.hash).toBe(link);
});
