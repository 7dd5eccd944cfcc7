import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AVATAR_COLOURS } from "../ui/colour";

const css = readFileSync("src/styles/tokens.css", "utf8");
const tokens = new Map(
  [...css.matchAll(/--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [
    name as string,
    { light: light as string, dark: dark as string },
  ]),
);

const THEMES = ["light", "dark"] as const;
type Theme = (typeof THEMES)[number];

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const colour = (name: string, theme: Theme): string => {
  const token = tokens.get(name);
  if (!token) throw new Error(`no token --${name}`);
  return token[theme];
};

const BACKGROUNDS = ["bg", "surface", "sunken", "raised", "hover", "hover-surface"];
const TEXT: [string, string[]][] = [
  ["text", [...BACKGROUNDS, "selected", "flash"]],
  ["text-2", [...BACKGROUNDS, "selected", "mention-bg", "flash"]],
  ["text-3", ["bg", "surface", "raised", "hover", "hover-surface", "flash"]],
  ["link", ["bg", "surface", "raised", "hover", "mention-bg", "flash"]],
  ["accent-text", ["bg", "surface", "raised", "hover", "selected"]],
  ["success", ["bg", "surface", "raised"]],
  ["warning", ["bg", "surface", "raised"]],
  ["danger", ["bg", "surface", "raised", "hover"]],
  ["info", ["bg", "surface", "raised"]],
  ["mention-text", ["mention-bg"]],
  ["code-inline", ["code-bg"]],
  ["text", ["code-bg"]],
  ["on-accent", ["accent", "accent-hover"]],
  ["on-pill", ["pill", "danger-fill", "danger-fill-hover"]],
];
const SHAPES: [string, string[]][] = [
  ["border-strong", ["bg", "surface", "raised"]],
  ["accent", ["bg", "surface"]],
  ["focus", ["bg", "surface", "raised", "hover", "selected"]],
  ["mention-bar", ["bg", "mention-bg"]],
  ["online", ["bg", "surface", "raised"]],
  ["away", ["bg", "surface", "raised"]],
];

describe.each(THEMES)("contrast in %s", (theme) => {
  it.each(TEXT.flatMap(([fg, bgs]) => bgs.map((bg) => [fg, bg] as const)))("%s on %s is at least 4.5", (fg, bg) => {
    expect(contrast(colour(fg, theme), colour(bg, theme))).toBeGreaterThanOrEqual(4.5);
  });
  it.each(SHAPES.flatMap(([fg, bgs]) => bgs.map((bg) => [fg, bg] as const)))("%s on %s is at least 3", (fg, bg) => {
    expect(contrast(colour(fg, theme), colour(bg, theme))).toBeGreaterThanOrEqual(3);
  });
});

it.each(AVATAR_COLOURS)("white initials on %s are at least 4.5", (hex) => {
  expect(contrast("#ffffff", hex)).toBeGreaterThanOrEqual(4.5);
});
