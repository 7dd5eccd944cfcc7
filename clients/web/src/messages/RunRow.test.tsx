import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";
import { message } from "../../test/sample";
import { RunRow } from "./RunRow";

afterEach(cleanup);

const joined = (n: number) =>
  message(n, {
    kind: "system",
    author: { id: `usr_${n}`, username: `p${n}`, display_name: `Person ${n}` },
    text: "joined the channel",
  });

it("counts the many, names them when asked, and always speaks all names", async () => {
  render(<RunRow run={[1, 2, 3, 4].map(joined)} tabIndex={0} flash={false} />);
  const article = screen.getByRole("article");
  expect(article).toHaveTextContent(/^Person 1, Person 2, and 2 others joined the channel$/);
  expect(article).toHaveAccessibleName(/^Person 1, Person 2, Person 3, and Person 4 joined the channel, /);
  await userEvent.click(screen.getByRole("button", { name: "2 others" }));
  expect(article).toHaveFocus();
  expect(article).toHaveTextContent(/^Person 1, Person 2, Person 3, and Person 4 joined the channel$/);
});
