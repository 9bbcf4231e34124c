import { Field, Label, Select, ValidationMessage } from '@digdir/designsystemet-react';

/** One of several, in the list that the device itself shows. */
export function Choice(props: {
  id: string;
  label: string;
  value: string;
  options: { value: string; label: string }[];
  empty?: string; // what stands there while nothing is chosen
  hint?: string;
  error?: string;
  onChange: (value: string) => void;
}) {
  return (
    <Field>
      <Label htmlFor={props.id}>{props.label}</Label>
      {props.hint ? <Field.Description>{props.hint}</Field.Description> : null}
      <Select
        id={props.id}
        value={props.value}
        aria-invalid={props.error ? true : undefined}
        onChange={(event) => props.onChange(event.target.value)}
      >
        {props.empty === undefined ? null : <Select.Option value="">{props.empty}</Select.Option>}
        {props.options.map(({ value, label }) => (
          <Select.Option key={value} value={value}>
            {label}
          </Select.Option>
        ))}
      </Select>
      {props.error ? <ValidationMessage>{props.error}</ValidationMessage> : null}
    </Field>
  );
}
