import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { fetchLater, later } from "./later";
import { useToasts } from "./toast";

afterEach(cleanup);

it("is fetched when it is needed, and stands at once from then on", async () => {
  const load = vi.fn(async () => ({ default: () => <p>the part</p> }));
  const Part = later(load, () => <p>meanwhile</p>);
  expect(load).not.toHaveBeenCalled();
  render(<Part />);
  expect(screen.getByText("meanwhile")).toBeVisible();
  await screen.findByText("the part");
  cleanup();
  render(<Part />);
  expect(screen.getByText("the part")).toBeVisible();
  expect(load).toHaveBeenCalledTimes(1);
});

it("says that it could not be fetched, closes, and tries again the next time", async () => {
  const part = { default: () => <p>the dialog</p> };
  const load = vi.fn<() => Promise<typeof part>>();
  load.mockRejectedValueOnce(new TypeError("Failed to fetch")).mockResolvedValue(part);
  const Dialog = later(load);
  await new Promise<void>((closed) => render(<Dialog onClose={closed} />));
  expect(useToasts.getState().toasts.at(-1)?.text).toMatch(/could not be fetched/);
  cleanup();
  render(<Dialog onClose={() => {}} />);
  await screen.findByText("the dialog");
});

it("is fetched beforehand, once there is a connection", async () => {
  await fetchLater(); // what the tests before left
  const part = { default: () => <p>was ready</p> };
  const load = vi.fn<() => Promise<typeof part>>();
  load.mockRejectedValueOnce(new TypeError("Failed to fetch")).mockResolvedValue(part);
  const Part = later(load);
  await fetchLater();
  await Promise.all([fetchLater(), fetchLater()]);
  expect(load).toHaveBeenCalledTimes(2);
  render(<Part />);
  expect(screen.getByText("was ready")).toBeVisible();
});
