import type { Language } from '../../texts/language';

const nb = {
  title: 'Personvern',
  lead: 'Hva som er lagret om deg, hvem som kan lese det, og hvordan du får det slettet.',
  kept: 'Dette er lagret om deg',
  name: 'Navn',
  language: 'Språk',
  email: 'E-post',
  phone: 'Telefon',
  sign_in: 'Du logger inn med',
  roles: 'Roller',
  certifications: 'Sertifiseringer',
  coordinators: 'Ansvarlige koordinatorer',
  pauses: 'Pauser',
  requests: 'Det du har bedt om',
  changes: 'Endringer av statusen din',
  messages: 'Beskjeder om deg',
  nothing: 'Ingenting',
  not_given: 'Ikke registrert',
  count_n: (n: number) => String(n),
  count_more_n: (n: number) => `Mer enn ${n}`,
  role_in: (role: string, chapter: string, from: string) => `${role} i ${chapter}, fra ${from}`,
  role_office: 'Administrator for hele organisasjonen',
  role_span: (role: string, chapter: string, span: string) => `${role} i ${chapter}, ${span}`,
  until: (kind: string, date: string) => `${kind}, til ${date}`,
  reasons: 'Grunner til pauser vises ikke her, men er med i nedlastingen.',
  also: 'Det er også logget hvem som endret opplysningene om deg, og når.',
  device:
    'Det du har sett på disse sidene, ligger på denne enheten til du logger ut. Grunner som du leser, lagres aldri på enheten. Det du skriver selv, ligger her bare til det er sendt, eller til du avbryter eller logger ut.',

  readers: 'Hvem som kan lese det',
  reader_self: 'Du selv: alt.',
  reader_coordinators: (chapters: string) =>
    `Koordinatorene og administratorene i ${chapters}: alt som gjelder deg mens du er med der.`,
  reader_nobody: 'Du er ikke med i noe lokallag, så ingen koordinator kan lese det.',
  reader_office: 'Administratorene for hele organisasjonen: alt.',
  reader_reason:
    'Grunnen til en pause leses bare av deg og dem som følger deg opp. Den står aldri i en e-post eller i en rapport.',
  reader_reports: 'Rapporter til dem som gir tilskudd, har tall og dager, ikke navn.',
  reader_others: 'Ingen andre kan lese noe om deg, heller ikke andre lokallag.',

  download: 'Ta det med deg',
  download_say: 'Du får alt i en fil som du kan lese selv, og ta med til et annet system (JSON).',
  download_do: 'Last ned alt om meg',
  downloading: 'Henter …',
  downloaded: 'Filen er lastet ned.',
  download_failed: 'Vi får ikke kontakt. Prøv igjen når du har nett.',
  print: 'Skriv ut siden',
  file: 'alt-om-meg',

  correct: 'Få noe rettet',
  correct_say: {
    chapter: 'Si fra til koordinatoren eller administratoren i lokallaget. De kan rette navn, adresse, roller og kurs.',
    elsewhere: 'Si fra til en administrator for hele organisasjonen. De kan rette navn, adresse, roller og kurs.',
    administrator: 'Du kan selv rette navn, adresse, roller og kurs, under Personer.',
    office: 'Du kan selv rette navn, adresse, roller og kurs, under Personer.',
  },

  erase: 'Få det slettet',
  erase_say: {
    chapter: 'Be administratoren i lokallaget om å slette deg. Det skjer med en gang, og kan ikke gjøres om.',
    elsewhere:
      'Be en administrator for hele organisasjonen om å slette deg. Det skjer med en gang, og kan ikke gjøres om.',
    administrator:
      'Be en annen administrator i lokallaget, eller en for hele organisasjonen, om å slette deg. Det skjer med en gang, og kan ikke gjøres om.',
    office:
      'Be en annen administrator for hele organisasjonen om å slette deg. Er du den eneste, må en annen bli administrator først. Det skjer med en gang, og kan ikke gjøres om.',
  },
  ask: (names: string) => `Du kan spørre ${names}.`,
  goes: 'Navn, adresse, telefon, innlogging, meldinger og grunner til pauser forsvinner.',
  stays: 'Hvilke dager en likeperson var aktiv, blir stående uten navn, fordi tilskuddet bygger på tallene.',
};

type Own = typeof nb;

const nn: Own = {
  title: 'Personvern',
  lead: 'Kva som er lagra om deg, kven som kan lese det, og korleis du får det sletta.',
  kept: 'Dette er lagra om deg',
  name: 'Namn',
  language: 'Språk',
  email: 'E-post',
  phone: 'Telefon',
  sign_in: 'Du loggar inn med',
  roles: 'Roller',
  certifications: 'Sertifiseringar',
  coordinators: 'Ansvarlege koordinatorar',
  pauses: 'Pausar',
  requests: 'Det du har bede om',
  changes: 'Endringar av statusen din',
  messages: 'Meldingar om deg',
  nothing: 'Ingenting',
  not_given: 'Ikkje registrert',
  count_n: (n) => String(n),
  count_more_n: (n) => `Meir enn ${n}`,
  role_in: (role, chapter, from) => `${role} i ${chapter}, frå ${from}`,
  role_office: 'Administrator for heile organisasjonen',
  role_span: (role, chapter, span) => `${role} i ${chapter}, ${span}`,
  until: (kind, date) => `${kind}, til ${date}`,
  reasons: 'Grunnar til pausar blir ikkje viste her, men er med i nedlastinga.',
  also: 'Det er òg loggført kven som endra opplysningane om deg, og når.',
  device:
    'Det du har sett på desse sidene, ligg på denne eininga til du loggar ut. Grunnar som du les, blir aldri lagra på eininga. Det du skriv sjølv, ligg her berre til det er sendt, eller til du avbryt eller loggar ut.',

  readers: 'Kven som kan lese det',
  reader_self: 'Du sjølv: alt.',
  reader_coordinators: (chapters) =>
    `Koordinatorane og administratorane i ${chapters}: alt som gjeld deg medan du er med der.`,
  reader_nobody: 'Du er ikkje med i noko lokallag, så ingen koordinator kan lese det.',
  reader_office: 'Administratorane for heile organisasjonen: alt.',
  reader_reason:
    'Berre du og dei som følgjer deg opp, kan lese grunnen til ein pause. Han står aldri i ein e-post eller i ein rapport.',
  reader_reports: 'Rapportar til dei som gir tilskot, har tal og dagar, ikkje namn.',
  reader_others: 'Ingen andre kan lese noko om deg, heller ikkje andre lokallag.',

  download: 'Ta det med deg',
  download_say: 'Du får alt i ei fil som du kan lese sjølv, og ta med til eit anna system (JSON).',
  download_do: 'Last ned alt om meg',
  downloading: 'Hentar …',
  downloaded: 'Fila er lasta ned.',
  download_failed: 'Vi får ikkje kontakt. Prøv igjen når du har nett.',
  print: 'Skriv ut sida',
  file: 'alt-om-meg',

  correct: 'Få noko retta',
  correct_say: {
    chapter:
      'Sei frå til koordinatoren eller administratoren i lokallaget. Dei kan rette namn, adresse, roller og kurs.',
    elsewhere: 'Sei frå til ein administrator for heile organisasjonen. Dei kan rette namn, adresse, roller og kurs.',
    administrator: 'Du kan sjølv rette namn, adresse, roller og kurs, under Personar.',
    office: 'Du kan sjølv rette namn, adresse, roller og kurs, under Personar.',
  },

  erase: 'Få det sletta',
  erase_say: {
    chapter: 'Be administratoren i lokallaget om å slette deg. Det skjer med ein gong, og kan ikkje gjerast om.',
    elsewhere:
      'Be ein administrator for heile organisasjonen om å slette deg. Det skjer med ein gong, og kan ikkje gjerast om.',
    administrator:
      'Be ein annan administrator i lokallaget, eller ein for heile organisasjonen, om å slette deg. Det skjer med ein gong, og kan ikkje gjerast om.',
    office:
      'Be ein annan administrator for heile organisasjonen om å slette deg. Er du den einaste, må ein annan bli administrator først. Det skjer med ein gong, og kan ikkje gjerast om.',
  },
  ask: (names) => `Du kan spørje ${names}.`,
  goes: 'Namn, adresse, telefon, innlogging, meldingar og grunnar til pausar forsvinn.',
  stays: 'Kva dagar ein likeperson var aktiv, blir ståande utan namn, fordi tilskotet byggjer på tala.',
};

const en: Own = {
  title: 'Privacy',
  lead: 'What is kept about you, who may read it, and how to have it erased.',
  kept: 'What is kept about you',
  name: 'Name',
  language: 'Language',
  email: 'E-mail',
  phone: 'Telephone',
  sign_in: 'You sign in with',
  roles: 'Roles',
  certifications: 'Certifications',
  coordinators: 'Responsible coordinators',
  pauses: 'Breaks',
  requests: 'What you asked for',
  changes: 'Changes of your status',
  messages: 'Messages about you',
  nothing: 'Nothing',
  not_given: 'Not registered',
  count_n: (n) => String(n),
  count_more_n: (n) => `More than ${n}`,
  role_in: (role, chapter, from) => `${role} in ${chapter}, from ${from}`,
  role_office: 'Administrator of the whole organisation',
  role_span: (role, chapter, span) => `${role} in ${chapter}, ${span}`,
  until: (kind, date) => `${kind}, until ${date}`,
  reasons: 'Reasons for breaks are not shown here, but are in the download.',
  also: 'We also log who changed your details, and when.',
  device:
    'What you have looked at here stays on this device until you sign out. Reasons that you read are never kept on the device. What you write yourself is kept here only until it is sent, or until you cancel or sign out.',

  readers: 'Who may read it',
  reader_self: 'You yourself: all of it.',
  reader_coordinators: (chapters) =>
    `The coordinators and administrators of ${chapters}: all that is about you while you belong there.`,
  reader_nobody: 'You are in no chapter, so no coordinator may read it.',
  reader_office: 'The administrators of the whole organisation: all of it.',
  reader_reason:
    'The reason for a break is read only by you and those who look after you. It never appears in an e-mail or a report.',
  reader_reports: 'Reports to those who give grants have numbers and days, and no names.',
  reader_others: 'Nobody else may read anything about you, nor may other chapters.',

  download: 'Take it with you',
  download_say: 'You get all of it in one file that you can read yourself and take to another system (JSON).',
  download_do: 'Download all about me',
  downloading: 'Loading …',
  downloaded: 'The file is downloaded.',
  download_failed: 'We can’t connect. Try again when you are online.',
  print: 'Print the page',
  file: 'all-about-me',

  correct: 'Have something corrected',
  correct_say: {
    chapter:
      'Tell the coordinator or administrator of your chapter. They can correct the name, address, roles and courses.',
    elsewhere:
      'Tell an administrator of the whole organisation. They can correct the name, address, roles and courses.',
    administrator: 'You can correct the name, address, roles and courses yourself, under People.',
    office: 'You can correct the name, address, roles and courses yourself, under People.',
  },

  erase: 'Have it erased',
  erase_say: {
    chapter: 'Ask the administrator of your chapter to erase you. It happens at once, and can’t be undone.',
    elsewhere: 'Ask an administrator of the whole organisation to erase you. It happens at once, and can’t be undone.',
    administrator:
      'Ask another administrator, of your chapter or of the whole organisation, to erase you. It happens at once, and can’t be undone.',
    office:
      'Ask another administrator of the whole organisation to erase you. If you are the only one, somebody else has to become one first. It happens at once, and can’t be undone.',
  },
  ask: (names) => `You can ask ${names}.`,
  goes: 'The name, address, telephone, login, messages and reasons for breaks disappear.',
  stays:
    'The days on which a peer mentor was active stay on record, without a name, because grants rest on the numbers.',
};

export const texts: Record<Language, Own> = { nb, nn, en };
