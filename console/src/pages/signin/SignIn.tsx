import { Button, Heading, Textfield } from '@digdir/designsystemet-react';
import { type FormEvent, type Ref, useEffect, useRef, useState } from 'react';
import { requestCode, signIn, signInFurther, signOut, useEnded, useHalf } from '../../api/session';
import { announce } from '../../parts/announce';
import { type Language, catalogues, chooseLanguage, useLanguage, useTexts } from '../../texts/language';

const interval = 60; // s between two codes, as Supabase Auth has it

export function SignIn() {
  const t = useTexts();
  const chosen = useLanguage();
  const [asked, setAsked] = useState<'email' | 'code'>('email');
  const [email, setEmail] = useState('');
  const isHalf = useHalf();
  const step = isHalf ? 'factor' : asked;
  useEffect(() => {
    document.title = `${{ email: t.signin_title, code: t.code_title, factor: t.factor_title }[step]} – ${t.app}`;
  }, [step, t]);
  return (
    <div className="login">
      <div className="login-art" aria-hidden>
        <p>{t.signin_line}</p>
        <svg viewBox="0 0 720 400" preserveAspectRatio="xMidYMin slice" focusable={false}>
          <circle className="art-a" cx="300" cy="300" r="260" />
          <circle className="art-b" cx="530" cy="300" r="260" />
        </svg>
      </div>
      <main className="login-main" id="content">
        <div className="login-box">
          <p className="brand">
            <img src="/icon.svg" alt="" width="32" height="32" />
            {t.app}
          </p>
          {step === 'email' ? (
            <EmailStep email={email} setEmail={setEmail} onNext={() => setAsked('code')} />
          ) : step === 'code' ? (
            <CodeStep email={email} onBack={() => setAsked('email')} />
          ) : (
            <FactorStep
              onBack={() => {
                setAsked('email');
                void signOut();
              }}
            />
          )}
        </div>
        <nav className="login-foot" aria-label={t.choose_language}>
          {(Object.keys(catalogues) as Language[]).map((code) => (
            <button
              key={code}
              type="button"
              lang={code}
              className="plain-link"
              aria-pressed={code === chosen}
              onClick={() => chooseLanguage(code)}
            >
              {catalogues[code].language}
            </button>
          ))}
        </nav>
      </main>
    </div>
  );
}

function EmailStep(props: { email: string; setEmail: (email: string) => void; onNext: () => void }) {
  const t = useTexts();
  const field = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const hasEnded = useEnded();

  const check = () => {
    const isAddress = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(props.email.trim());
    if (!isAddress) {
      setError(t.email_missing);
      field.current?.focus();
    }
    return isAddress;
  };

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (isBusy || !check()) return;
    setBusy(true);
    const result = await requestCode(props.email.trim());
    setBusy(false);
    if (result.outcome === 'offline') {
      setError(t.no_network);
      field.current?.focus();
    } else {
      // Too soon after the last code: that one is still good.
      props.onNext();
    }
  }

  return (
    <form className="form" noValidate onSubmit={submit}>
      <Heading level={1}>{t.signin_title}</Heading>
      {hasEnded ? <p role="status">{t.signed_out_say}</p> : null}
      <p>{t.signin_say}</p>
      <Textfield
        ref={field}
        label={t.email}
        type="email"
        inputMode="email"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        value={props.email}
        error={error}
        onChange={(event) => {
          props.setEmail(event.target.value);
          setError(undefined);
        }}
      />
      <Button type="submit" aria-disabled={isBusy}>
        {t.send_code}
      </Button>
      <button type="button" className="plain-link" onClick={() => check() && props.onNext()}>
        {t.have_code}
      </button>
    </form>
  );
}

function CodeStep(props: { email: string; onBack: () => void }) {
  const t = useTexts();
  const heading = useRef<HTMLHeadingElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [code, setCode] = useState('');
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [left, setLeft] = useState(interval);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    const timer = setInterval(() => setLeft((seconds) => Math.max(0, seconds - 1)), 1000);
    return () => clearInterval(timer);
  }, []);

  const fail = (text: string) => {
    setError(text);
    field.current?.focus();
  };

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (isBusy) return;
    const digits = code.replaceAll(/\D/g, '');
    if (digits.length !== 6) return fail(t.code_missing);
    setBusy(true);
    const outcome = await signIn(props.email.trim(), digits);
    setBusy(false);
    if (outcome === 'wrong') fail(t.code_wrong);
    if (outcome === 'wait') fail(t.too_many);
    if (outcome === 'offline') fail(t.no_network);
  }

  async function again() {
    const result = await requestCode(props.email.trim());
    if (result.outcome === 'offline') return fail(t.no_network);
    setLeft(result.outcome === 'wait' ? result.seconds : interval);
    if (result.outcome === 'sent') announce(t.new_code_sent);
  }

  const [before, address, after] = t.code_say(props.email.trim());
  return (
    <form className="form" noValidate onSubmit={submit}>
      <Heading level={1} ref={heading} tabIndex={-1}>
        {t.code_title}
      </Heading>
      <p>
        {before}
        <strong>{address}</strong>
        {after}
      </p>
      <CodeField
        ref={field}
        value={code}
        error={error}
        onChange={(value) => {
          setCode(value);
          setError(undefined);
        }}
      />
      <Button type="submit" aria-disabled={isBusy}>
        {isBusy ? t.signing_in : t.sign_in}
      </Button>
      <p className="muted">
        {t.no_mail} {left > 0 ? t.new_code_in(left) : null}
      </p>
      {left === 0 ? (
        <button type="button" className="plain-link" onClick={again}>
          {t.new_code}
        </button>
      ) : null}
      <button type="button" className="plain-link" onClick={props.onBack}>
        {t.other_address}
      </button>
    </form>
  );
}

/** The code of the app that is the account's second factor. */
function FactorStep({ onBack }: { onBack: () => void }) {
  const t = useTexts();
  const heading = useRef<HTMLHeadingElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [code, setCode] = useState('');
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => heading.current?.focus(), []);

  const fail = (text: string) => {
    setError(text);
    field.current?.focus();
  };

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (isBusy) return;
    const digits = code.replaceAll(/\D/g, '');
    if (digits.length !== 6) return fail(t.factor_missing);
    setBusy(true);
    const outcome = await signInFurther(digits);
    setBusy(false);
    if (outcome === 'wrong') fail(t.factor_wrong);
    if (outcome === 'wait') fail(t.too_many);
    if (outcome === 'offline') fail(t.no_network);
  }

  return (
    <form className="form" noValidate onSubmit={submit}>
      <Heading level={1} ref={heading} tabIndex={-1}>
        {t.factor_title}
      </Heading>
      <p>{t.factor_say}</p>
      <CodeField
        ref={field}
        value={code}
        error={error}
        onChange={(value) => {
          setCode(value);
          setError(undefined);
        }}
      />
      <Button type="submit" aria-disabled={isBusy}>
        {isBusy ? t.signing_in : t.sign_in}
      </Button>
      <button type="button" className="plain-link" onClick={onBack}>
        {t.other_address}
      </button>
    </form>
  );
}

function CodeField(props: {
  ref: Ref<HTMLInputElement>;
  value: string;
  error?: string;
  onChange: (value: string) => void;
}) {
  const t = useTexts();
  return (
    <Textfield
      ref={props.ref}
      className="code"
      label={t.code_label}
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={11}
      value={props.value}
      error={props.error}
      onChange={(event) => props.onChange(event.target.value)}
    />
  );
}
