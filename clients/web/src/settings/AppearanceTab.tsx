import { useState } from "react";
import { Icon } from "../ui/Icon";
import { pageStyles as styles } from "../ui/Page";
import { setTheme, type Theme, theme } from "../ui/theme";
import own from "./AppearanceTab.module.css";

const THEMES = [
  ["system", "As the system", "monitor"],
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
] as const;

export function AppearanceTab() {
  const [chosen, setChosen] = useState<Theme>(theme);
  return (
    <section className={styles.section}>
      <h2 id="theme">Theme</h2>
      <fieldset className={own.themes} aria-labelledby="theme">
        {THEMES.map(([name, text, icon]) => (
          <label key={name} className={own.theme}>
            <input
              type="radio"
              name="theme"
              checked={chosen === name}
              onChange={() => {
                setTheme(name);
                setChosen(name);
              }}
            />
            <Icon name={icon} />
            {text}
          </label>
        ))}
      </fieldset>
      <p className={styles.lead}>Kept in this browser.</p>
    </section>
  );
}
