import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { useList } from "./useList";

interface Page {
  data: string[];
  page: { next: string | null };
}

/** A server that answers when it is told to. */
function slowly() {
  const asked: { cursor: string | undefined; answer(data: string[], next?: string): Promise<void> }[] = [];
  const load = (cursor: string | undefined) =>
    new Promise<Page>((resolve) =>
      asked.push({
        cursor,
        answer: (data, next) => act(async () => resolve({ data, page: { next: next ?? null } })),
      }),
    );
  return { asked, load };
}

it("adds a page once, however often it is asked for", async () => {
  const { asked, load } = slowly();
  const { result } = renderHook(() => useList(load));
  await asked[0]?.answer(["a"], "2");
  act(() => result.current.more?.());
  act(() => result.current.more?.());
  for (const page of asked.slice(1)) await page.answer(["b"]);
  expect(result.current.rows).toEqual(["a", "b"]);
});

it("does not add a late page to another list", async () => {
  const first = slowly();
  const second = slowly();
  const { result, rerender } = renderHook(({ load }) => useList(load), { initialProps: { load: first.load } });
  await first.asked[0]?.answer(["a"], "2");
  act(() => result.current.more?.());
  rerender({ load: second.load });
  await second.asked[0]?.answer(["x"]);
  await first.asked[1]?.answer(["b"], "3");
  expect(result.current.rows).toEqual(["x"]);
  expect(result.current.more).toBeUndefined();
});

it("keeps the later of two readings, whichever comes first", async () => {
  const { asked, load } = slowly();
  const { result } = renderHook(() => useList(load));
  act(() => void result.current.again());
  await asked[1]?.answer(["after"]);
  await asked[0]?.answer(["before"]);
  expect(result.current.rows).toEqual(["after"]);
});
