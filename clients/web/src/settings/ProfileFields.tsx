import type { User } from "../api/types";
import { useStore } from "../store/store";
import { Field } from "../ui/Field";
import { SelectField } from "../ui/SelectField";

/** What else people may say about themselves: the usual, and what the workspace asks for. */
export function ProfileFields({ me, errors }: { me: User; errors: Record<string, string> }) {
  const asked = useStore((s) => s.workspace.profile_fields);
  return (
    <>
      <Field
        label="Title"
        name="title"
        optional
        maxLength={80}
        defaultValue={me.title}
        note="What you do"
        error={errors.title}
      />
      <Field
        label="Pronouns"
        name="pronouns"
        optional
        maxLength={40}
        defaultValue={me.pronouns}
        error={errors.pronouns}
      />
      <SelectField
        label="Time zone"
        name="time_zone"
        options={zones(me.time_zone ?? "")}
        defaultValue={me.time_zone ?? ""}
      />
      <Field
        label="Language"
        name="locale"
        optional
        maxLength={35}
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={me.locale}
        note={`A language tag; this browser’s is ${navigator.language}`}
        error={errors.locale}
      />
      {asked.map(({ key, label }) => (
        <Field
          key={key}
          label={label}
          name={`fields/${key}`}
          optional
          maxLength={200}
          defaultValue={me.fields?.[key]}
          error={errors[`fields/${key}`]}
        />
      ))}
    </>
  );
}

/** Nothing, this browser's zone, the chosen one if this browser does not know it, then all. */
function zones(chosen: string): [string, string][] {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const all = Intl.supportedValuesOf("timeZone");
  const first = here ? [[here, `${here} (this browser)`] as [string, string]] : [];
  const rest = [...all, ...(chosen && !all.includes(chosen) ? [chosen] : [])].filter((zone) => zone !== here);
  return [["", "Not said"], ...first, ...rest.map((zone) => [zone, zone.replaceAll("_", " ")] as [string, string])];
}
