// What the pages of administrators have in common. It comes with the first of them.
import type { Language } from './language';

const nb = {
  roles: { mentor: 'Likeperson', coordinator: 'Koordinator', administrator: 'Administrator' },
  choose: 'Velg',
  save: 'Lagre',
  nobody_to_choose: 'Lokallaget har ingen koordinator å velge.',
  required: 'Må fylles ut.',
  waits: (what: string) => `${what}: venter på å bli sendt.`,
  not_yours: 'Denne siden er for administratorer',
  not_yours_say: 'Spør administratoren i lokallaget hvis du trenger den.',
  refused: {
    invalid_request: 'Noe av det du skrev, kan ikke lagres. Se over feltene.',
    already_exists: 'Dette er alt registrert.',
    in_use: 'Adressen er alt i bruk av en annen person.',
    not_found: 'Dette finnes ikke lenger, eller hører til et lokallag som du ikke administrerer.',
    mentor_not_found: 'Personen er ikke likeperson i et av lokallagene dine nå.',
    chapter_not_found: 'Lokallaget finnes ikke, eller er ikke et av dem du administrerer.',
    not_an_administrator: 'Du er ikke administrator lenger.',
    not_a_coordinator: 'Du er ikke koordinator lenger.',
    request_expired: 'Dette er for gammelt til å sendes. Gjør det på nytt.',
    request_in_progress: 'Det samme er alt på vei. Vent litt, og prøv igjen.',
    unreachable: 'Vi får ikke kontakt. Ingenting er lagret. Prøv igjen når du har nett.',
  } as Record<string, string>,
};

const nn: typeof nb = {
  roles: { mentor: 'Likeperson', coordinator: 'Koordinator', administrator: 'Administrator' },
  choose: 'Vel',
  save: 'Lagre',
  nobody_to_choose: 'Lokallaget har ingen koordinator å velje.',
  required: 'Må fyllast ut.',
  waits: (what) => `${what}: ventar på å bli send.`,
  not_yours: 'Denne sida er for administratorar',
  not_yours_say: 'Spør administratoren i lokallaget dersom du treng henne.',
  refused: {
    invalid_request: 'Noko av det du skreiv, kan ikkje lagrast. Sjå over felta.',
    already_exists: 'Dette er alt registrert.',
    in_use: 'Adressa er alt i bruk av ein annan person.',
    not_found: 'Dette finst ikkje lenger, eller høyrer til eit lokallag som du ikkje administrerer.',
    mentor_not_found: 'Personen er ikkje likeperson i eit av lokallaga dine no.',
    chapter_not_found: 'Lokallaget finst ikkje, eller er ikkje eit av dei du administrerer.',
    not_an_administrator: 'Du er ikkje administrator lenger.',
    not_a_coordinator: 'Du er ikkje koordinator lenger.',
    request_expired: 'Dette er for gammalt til å bli send. Gjer det på nytt.',
    request_in_progress: 'Det same er alt på veg. Vent litt, og prøv igjen.',
    unreachable: 'Vi får ikkje kontakt. Ingenting er lagra. Prøv igjen når du har nett.',
  },
};

const en: typeof nb = {
  roles: { mentor: 'Peer mentor', coordinator: 'Coordinator', administrator: 'Administrator' },
  choose: 'Choose',
  save: 'Save',
  nobody_to_choose: 'The chapter has no coordinator to choose.',
  required: 'Must be filled in.',
  waits: (what) => `${what}: waiting to be sent.`,
  not_yours: 'This page is for administrators',
  not_yours_say: 'Ask the administrator of your chapter if you need it.',
  refused: {
    invalid_request: 'Something you typed can’t be saved. Check the fields.',
    already_exists: 'This is registered already.',
    in_use: 'Another person uses that address already.',
    not_found: 'This no longer exists, or belongs to a chapter that you don’t administer.',
    mentor_not_found: 'The person is not a peer mentor in one of your chapters now.',
    chapter_not_found: 'The chapter does not exist, or you don’t administer it.',
    not_an_administrator: 'You are no longer an administrator.',
    not_a_coordinator: 'You are no longer a coordinator.',
    request_expired: 'This is too old to be sent. Do it again.',
    request_in_progress: 'The same is already on its way. Wait a little, and try again.',
    unreachable: 'We can’t connect. Nothing is saved. Try again when you are online.',
  },
};

export type Keeping = typeof nb;
export const keeping: Record<Language, Keeping> = { nb, nn, en };
