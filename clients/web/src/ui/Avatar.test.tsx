import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { Avatar } from "./Avatar";

it("shows whole characters, a single one where it is small", () => {
  const { container } = render(<Avatar id="usr_1" name="🚀 Rocket" size={20} />);
  expect(container.textContent).toBe("🚀");
});
