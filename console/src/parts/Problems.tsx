import { ErrorSummary } from '@digdir/designsystemet-react';
import type { ComponentRef, Ref } from 'react';
import type { Texts } from '../texts/nb';

/** What is to be put right before a form is sent, each leading to its field. */
export function Problems(props: {
  t: Texts;
  ref: Ref<ComponentRef<typeof ErrorSummary>>;
  problems: { field: string; repair: string }[];
  before: string;
}) {
  const { t, problems } = props;
  if (problems.length === 0) return null;
  return (
    <ErrorSummary ref={props.ref} tabIndex={-1}>
      <ErrorSummary.Heading level={2}>{t.fix(problems.length, props.before)}</ErrorSummary.Heading>
      <ErrorSummary.List>
        {problems.map(({ field, repair }) => (
          <ErrorSummary.Item key={field}>
            <ErrorSummary.Link
              href={`#${field}`}
              onClick={(event) => {
                event.preventDefault();
                document.getElementById(field === 'reason' ? 'reason-field' : field)?.focus();
              }}
            >
              {repair}
            </ErrorSummary.Link>
          </ErrorSummary.Item>
        ))}
      </ErrorSummary.List>
    </ErrorSummary>
  );
}
