import { Button } from '@digdir/designsystemet-react';
import { Component, lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { forget, Refused, restore, useRead } from '../api/client';
import { startOutbox } from '../api/outbox';
import { useUser } from '../api/session';
import type { MentorPage, Organisation, Roster } from '../api/types';
import { Freshness } from '../parts/Freshness';
import { Head } from '../parts/Head';
import { useToday } from '../parts/time';
import { useTexts } from '../texts/language';
import { Mentors } from '../pages/mentors/Mentors';
import { Needs } from '../pages/needs/Needs';
import type { Kind } from '../pages/pause/PauseDialog';
import { SignIn } from '../pages/signin/SignIn';
import { placesOf } from './places';
import { Shell } from './Shell';

// What a coordinator doesn't see first comes when it is needed.
const Mentor = lazy(() => import('../pages/mentor/Mentor').then((page) => ({ default: page.Mentor })));
const PauseDialog = lazy(() => import('../pages/pause/PauseDialog').then((page) => ({ default: page.PauseDialog })));
const Inbox = lazy(() => import('../pages/inbox/Inbox').then((page) => ({ default: page.Inbox })));
const Account = lazy(() => import('../pages/account/Account').then((page) => ({ default: page.Account })));
const FollowUp = lazy(() => import('../pages/followup/FollowUp').then((page) => ({ default: page.FollowUp })));
const Import = lazy(() => import('../pages/import/Import').then((page) => ({ default: page.Import })));
const Report = lazy(() => import('../pages/report/Report').then((page) => ({ default: page.Report })));
const PeoplePages = lazy(() => import('../pages/people/Pages').then((page) => ({ default: page.PeoplePages })));
const Settings = lazy(() => import('../pages/settings/Settings').then((page) => ({ default: page.Settings })));
const Privacy = lazy(() => import('../pages/privacy/Privacy').then((page) => ({ default: page.Privacy })));
const Outbox = lazy(() => import('../pages/outbox/Outbox').then((page) => ({ default: page.Outbox })));

export function App() {
  const user = useUser();
  const id = user?.id;
  const [restored, setRestored] = useState<string>();
  useEffect(() => {
    if (!id) return;
    let isOver = false;
    void restore(id)
      .catch(() => undefined)
      .then(() => startOutbox())
      .finally(() => {
        if (!isOver) setRestored(id);
      });
    // What one person read is forgotten before the next one sees the page.
    return () => {
      isOver = true;
      forget();
      setRestored(undefined);
    };
  }, [id]);
  if (!user) return <SignIn />;
  if (restored !== user.id) return null;
  return <Inside key={user.id} me={user.id} email={user.email} />;
}

const forms: Record<string, Kind> = {
  pause: 'pause',
  endre: 'amend',
  tilbake: 'return',
  plan: 'amend_plan',
  'plan/ta-tilbake': 'cancel_plan',
};

function Inside({ me, email }: { me: string; email: string }) {
  const t = useTexts();
  const today = useToday();
  const [path] = useLocation();
  const own = useRead<MentorPage>('mentor', { mentor_id: me });
  const page = own.data?.body;
  const memberships = (page?.memberships ?? []).filter(
    (membership) => membership.first_day <= today && (membership.last_day === null || membership.last_day >= today),
  );
  const led = memberships.filter((membership) => membership.role !== 'mentor');
  // Whoever leads no chapter may still lead all of them.
  const isAsked = own.isFetched && led.length === 0;
  const roster = useRead<Roster>('roster', { limit: 1 }, isAsked);
  const isCoordinator = led.length > 0 || (isAsked && roster.data !== undefined && !(roster.error instanceof Refused));
  const isKnown = led.length > 0 || (isAsked && (roster.isFetched || roster.data !== undefined)) || page !== undefined;
  const organisation = useRead<Organisation>('people', { part: 'organisation' }, isCoordinator).data?.body;
  const isOffice = organisation?.is_organisation_administrator ?? (isCoordinator && isAsked);
  const isAdministrator = isOffice || led.some(({ role }) => role === 'administrator');
  const places = placesOf(t, { isCoordinator, isAdministrator, isOffice });
  const chapters = [...new Set((isCoordinator ? led : memberships).map((membership) => membership.chapter_name))];

  return (
    <Shell name={page?.profile.display_name} chapters={chapters} isCoordinator={isCoordinator} more={places}>
      <Boundary path={path}>
        <Suspense fallback={<Waiting />}>
          <Switch>
            <Route path="/innboks">
              <Inbox me={me} isCoordinator={isCoordinator} />
            </Route>
            <Route path="/mer">
              <Account name={page?.profile.display_name} email={email} places={places} />
            </Route>
            <Route path="/personvern">
              <Privacy me={me} email={email} isOffice={isOffice} isAdministrator={isAdministrator} />
            </Route>
            <Route path="/usendt">
              <Outbox />
            </Route>
            {isCoordinator ? (
              <>
                <Switch>
                  <Route path="/">
                    <Needs me={me} />
                  </Route>
                  <Route path="/min-side/*?">
                    <Own me={me} />
                  </Route>
                  <Route path="/personer/*?">
                    <PeoplePages />
                  </Route>
                  <Route path="/innstillinger">
                    <Settings me={me} />
                  </Route>
                  <Route path="/oppfolging">
                    <FollowUp />
                  </Route>
                  <Route path="/import/*?">
                    <Import me={me} />
                  </Route>
                  <Route path="/perioderapport/*?">
                    <Report me={me} />
                  </Route>
                  <Route path="/likepersoner">
                    <Mentors me={me} />
                  </Route>
                  <Route path="/likepersoner/:id/*?">
                    {(parameters) => {
                      const kind = forms[parameters['*'] ?? ''];
                      return (
                        <>
                          <Mentor key={parameters.id} id={parameters.id} me={me} />
                          {kind ? (
                            <PauseDialog key={`${parameters.id}${kind}`} id={parameters.id} me={me} kind={kind} />
                          ) : null}
                        </>
                      );
                    }}
                  </Route>
                  <Route>
                    <NotHere />
                  </Route>
                </Switch>
              </>
            ) : isKnown ? (
              <Route>
                {page && memberships.length > 0 ? (
                  <Own me={me} />
                ) : own.isFetched && roster.isFetched ? (
                  <NoRole />
                ) : (
                  <Waiting />
                )}
              </Route>
            ) : (
              <Route>
                {own.isError ? (
                  <Freshness t={t} error={own.error} />
                ) : path === '/likepersoner' ? (
                  <Mentors me={me} /> // asked for at once: who looks for a list mostly has one
                ) : (
                  <Waiting />
                )}
              </Route>
            )}
          </Switch>
        </Suspense>
      </Boundary>
    </Shell>
  );
}

const questions: Record<string, Kind> = {
  '/min-side/pause': 'ask_pause',
  '/min-side/dato': 'ask_date',
  '/min-side/tilbake': 'ask_return',
};

/** One's own page, with what a mentor asks for over it. */
function Own({ me }: { me: string }) {
  const [path] = useLocation();
  const kind = questions[path];
  return (
    <>
      <Mentor id={me} me={me} isOwn />
      {kind ? <PauseDialog key={kind} id={me} me={me} kind={kind} /> : null}
    </>
  );
}

function Waiting() {
  const t = useTexts();
  return (
    <p role="status" className="muted">
      {t.loading}
    </p>
  );
}

function NotHere() {
  const t = useTexts();
  return (
    <Head title={t.not_here} app={t.app}>
      <p>{t.not_here_say}</p>
    </Head>
  );
}

function NoRole() {
  const t = useTexts();
  return (
    <Head title={t.no_role_title} app={t.app}>
      <p>{t.no_role_say}</p>
    </Head>
  );
}

/**
 * A part that can't be loaded any more, or a defect: the page says so, and what to do. The
 * next page is tried anew.
 */
class Boundary extends Component<{ path: string; children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  override componentDidUpdate(before: { path: string }) {
    if (this.state.hasFailed && before.path !== this.props.path) this.setState({ hasFailed: false });
  }

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    return this.state.hasFailed ? <Failed /> : this.props.children;
  }
}

function Failed() {
  const t = useTexts();
  return (
    <>
      <Head title={t.failed} app={t.app}>
        <p>{t.failed_say}</p>
      </Head>
      <Button onClick={() => location.reload()}>{t.new_version_do}</Button>
    </>
  );
}
