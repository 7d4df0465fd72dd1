// Fields of a form. The browser keeps what was typed; it is read once, when the form is sent.

interface FieldContent {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly type?: "text" | "date";
  readonly min?: string;
  readonly max?: string;
  /** UTF-16 code units. */
  readonly maxLength?: number;
  readonly autoComplete: "given-name" | "family-name" | "bday" | "off";
  readonly autoCapitalize?: "characters" | "words";
  readonly inputMode?: "text" | "numeric";
  readonly onInput?: (text: string) => void;
}

export function Field({ name, label, hint, type = "text", onInput, ...input }: FieldContent) {
  const id = `field-${name}`;
  const common = { ...input, id, name, "aria-describedby": hint === undefined ? undefined : `${id}-hint` };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === "date" ? (
        <input {...common} type="date" />
      ) : (
        <input {...common} type="text" required spellcheck={false} onInput={(event) => onInput?.(event.currentTarget.value)} />
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface LevelChoice {
  readonly value: string;
  readonly name: string;
  readonly words: string;
  readonly checked?: boolean;
}

export const Level = ({ value, name, words, checked = false }: LevelChoice) => (
  <div class="level">
    <input
      type="radio"
      id={`level-${value}`}
      name="level"
      value={value}
      defaultChecked={checked}
      aria-describedby={`level-${value}-words`}
    />
    <label for={`level-${value}`}>{name}</label>
    <p id={`level-${value}-words`}>{words}</p>
  </div>
);

/** Without the spaces around it; empty for a field that is not there. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}
