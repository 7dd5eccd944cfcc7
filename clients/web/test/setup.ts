import "fake-indexeddb/auto";
import "@testing-library/jest-dom/vitest";
import { configure } from "@testing-library/react";

// A machine may be busy with much else.
configure({ asyncUtilTimeout: 60_000 });
