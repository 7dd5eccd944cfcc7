import { createRoot } from "react-dom/client";
import { App } from "./App";
import { report, reportUncaught } from "./api/report";
import "./styles/base.css";

reportUncaught();

const root = document.getElementById("root");
if (root) {
  createRoot(root, { onUncaughtError: (error) => report(error, "render") }).render(<App />);
}
