import { Button, Fieldset, Radio } from '@digdir/designsystemet-react';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { forget } from '../../api/client';
import { useOutbox } from '../../api/outbox';
import { signOut } from '../../api/session';
import { Head } from '../../parts/Head';
import { Icon } from '../../parts/Icon';
import { catalogues, chooseLanguage, type Language, useLanguage, useTexts } from '../../texts/language';

export function Account(props: {
  name: string | undefined;
  email: string;
  places: { href: string; label: string; icon: Parameters<typeof Icon>[0]['of'] }[]; // at the side of a large screen
}) {
  const { name, email, places } = props;
  const t = useTexts();
  const chosen = useLanguage();
  const outbox = useOutbox();
  const [version, setVersion] = useState<{ version: string; build: string }>();
  useEffect(() => {
    void fetch('/version.json')
      .then((answer) => answer.json() as Promise<{ version: string; build: string }>)
      .then(setVersion)
      .catch(() => undefined);
  }, []);

  async function leave() {
    await signOut();
    forget();
  }

  return (
    <>
      <Head title={t.more_title} app={t.app} />
      <div className="stack narrow">
        {places.length > 0 ? (
          <ul className="panel plain places">
            {places.map((place) => (
              <li key={place.href}>
                <Link href={place.href}>
                  <Icon of={place.icon} />
                  {place.label}
                </Link>
              </li>
            ))}
          </ul>
        ) : null}
        <section className="panel sheet">
          <p className="muted">{t.signed_in_as}</p>
          <p>
            {name ? <strong>{name}</strong> : null} {email}
          </p>
        </section>
        <section className="panel sheet">
          <Fieldset>
            <Fieldset.Legend>{t.choose_language}</Fieldset.Legend>
            {(Object.keys(catalogues) as Language[]).map((code) => (
              <Radio
                key={code}
                name="language"
                value={code}
                lang={code}
                label={catalogues[code].language}
                checked={code === chosen}
                onChange={() => chooseLanguage(code)}
              />
            ))}
          </Fieldset>
        </section>
        {outbox.length > 0 ? (
          <section className="panel sheet">
            <Link href="/usendt">{t.waiting_link(outbox.length)}</Link>
          </section>
        ) : null}
        <section className="panel sheet">
          <p>{outbox.length > 0 ? t.sign_out_waiting(outbox.length) : t.sign_out_say}</p>
          <div className="actions">
            <Button variant="secondary" onClick={leave}>
              {outbox.length > 0 ? t.sign_out_anyway : t.sign_out}
            </Button>
          </div>
        </section>
        {version ? <p className="muted">{t.version(version.version, version.build)}</p> : null}
      </div>
    </>
  );
}
