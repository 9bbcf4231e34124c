package memberlist

// The codes of problems that whoever enters a list finds, because they know the chapters,
// the kinds and the people. They are those of private.judge_import.
const (
	ChapterUnknown       Code = "chapter_unknown" // or not the caller's: the same
	ChapterAmbiguous     Code = "chapter_ambiguous"
	ChapterMissing       Code = "chapter_missing"
	ChapterClosed        Code = "chapter_closed"
	CoordinatorUnknown   Code = "coordinator_unknown" // no coordinator of that chapter
	CoordinatorAmbiguous Code = "coordinator_ambiguous"
	KindUnknown          Code = "kind_unknown"
	KindAmbiguous        Code = "kind_ambiguous"
	NameMissing          Code = "name_missing"          // of somebody new
	EmailOfAnother       Code = "email_of_another"      // the member number is somebody else's
	PersonRepeated       Code = "person_repeated"       // another row is about the same, without saying so
	PersonUnavailable    Code = "person_unavailable"    // was erased
	BelongsElsewhere     Code = "belongs_elsewhere"     // only the membership is entered; refuses nothing
	MembershipEnded      Code = "membership_ended"      // and the row does not begin another
	MembershipOverlaps   Code = "membership_overlaps"   // another one in the same role and chapter
	StartMissing         Code = "start_missing"         // a last day in the past, and no first one
	CertificationRevoked Code = "certification_revoked" // and the row says that it lasts longer
	CertificationRemoved Code = "certification_removed" // as a mistake
)

// JudgedCodes lists them.
func JudgedCodes() []Code {
	return []Code{ChapterUnknown, ChapterAmbiguous, ChapterMissing, ChapterClosed, CoordinatorUnknown, CoordinatorAmbiguous, KindUnknown,
		KindAmbiguous, NameMissing, EmailOfAnother, PersonRepeated, PersonUnavailable, BelongsElsewhere, MembershipEnded, MembershipOverlaps,
		StartMissing, CertificationRevoked, CertificationRemoved}
}

// Explain makes the problem that was found with a field of a row, in the language of a
// locale; other is another row that it is about, or 0. Its column is the field's first one
// that was read, else one that was refused, else what the template calls the field.
func (l *List) Explain(locale string, row int, field Field, code Code, other int) Problem {
	fields := []Field{field}
	if field == DisplayName {
		fields = []Field{DisplayName, FirstName, LastName}
	}
	language := languageOf(locale)
	for _, refused := range []bool{false, true} {
		for _, f := range fields {
			for _, c := range l.Columns {
				if c.Field != nil && *c.Field == f && (c.Problem != nil) == refused && c.Header != "" {
					return language.problem(row, c.Header, code, other)
				}
			}
		}
	}
	name := string(field)
	for _, h := range templateHeaders {
		if h.field == field {
			name = h.texts[language]
		}
	}
	return language.problem(row, name, code, other)
}

// Language is what the texts for a locale are written in: nb, nn or en.
func Language(locale string) string { return [...]string{"nb", "nn", "en"}[languageOf(locale)] }

var judged = map[Code]texts{
	ChapterUnknown: {
		"Dette er ikke navnet på et av lokallagene dine. Skriv navnet slik det står i systemet.",
		"Dette er ikkje namnet på eit av lokallaga dine. Skriv namnet slik det står i systemet.",
		"This is not the name of one of your chapters. Write the name as the system has it.",
	},
	ChapterAmbiguous: {
		"Flere lokallag heter det. Gi dem hvert sitt navn, eller importer ett lag om gangen.",
		"Fleire lokallag heiter det. Gje dei kvart sitt namn, eller importer eitt lag om gongen.",
		"Several chapters have this name. Give each its own, or import one chapter at a time.",
	},
	ChapterMissing: {
		"Raden sier ikke hvilket lokallag den gjelder. Skriv lokallaget, eller velg ett for hele filen.",
		"Rada seier ikkje kva lokallag ho gjeld. Skriv lokallaget, eller vel eitt for heile fila.",
		"The row does not say which chapter it is about. Write the chapter, or choose one for the whole file.",
	},
	ChapterClosed: {
		"Lokallaget er lagt ned, eller blir det før den dagen. Skriv et annet lokallag.",
		"Lokallaget er lagt ned, eller blir det før den dagen. Skriv eit anna lokallag.",
		"The chapter has closed, or closes before that day. Write another chapter.",
	},
	CoordinatorUnknown: {
		"Ingen koordinator i lokallaget heter eller har det. Skriv e-postadressen, medlemsnummeret eller hele navnet til en av dem.",
		"Ingen koordinator i lokallaget heiter eller har det. Skriv e-postadressa, medlemsnummeret eller heile namnet til ein av dei.",
		"No coordinator of the chapter is called so. Write the e-mail address, the member number or the full name of one of them.",
	},
	CoordinatorAmbiguous: {
		"Flere koordinatorer i lokallaget heter det. Skriv e-postadressen eller medlemsnummeret.",
		"Fleire koordinatorar i lokallaget heiter det. Skriv e-postadressa eller medlemsnummeret.",
		"Several coordinators of the chapter are called so. Write the e-mail address or the member number.",
	},
	KindUnknown: {
		"Kurset er ikke kjent. Skriv navnet på en av kurstypene i systemet, eller be hovedkontoret legge den til.",
		"Kurset er ikkje kjent. Skriv namnet på ein av kurstypane i systemet, eller be hovudkontoret leggje han til.",
		"The certification is not known. Write the name of one of the kinds in the system, or ask the national office to add it.",
	},
	KindAmbiguous: {
		"Flere kurstyper heter det. Skriv kurstypens kode.",
		"Fleire kurstypar heiter det. Skriv koden til kurstypen.",
		"Several kinds of certification have this name. Write the kind's code.",
	},
	NameMissing: {
		"Personen er ny og har ikke noe navn. Skriv fornavn og etternavn.",
		"Personen er ny og har ikkje noko namn. Skriv førenamn og etternamn.",
		"The person is new and has no name. Write first and last name.",
	},
	EmailOfAnother: {
		"E-postadressen tilhører en annen enn den som har medlemsnummeret. Rett adressen eller nummeret.",
		"E-postadressa høyrer til ein annan enn den som har medlemsnummeret. Rett adressa eller nummeret.",
		"The e-mail address is not that of the person with the member number. Correct the address or the number.",
	},
	PersonRepeated: {
		"Dette er samme person som på rad %d. Skriv medlemsnummeret på begge radene.",
		"Dette er same person som på rad %d. Skriv medlemsnummeret på begge radene.",
		"This is the same person as in row %d. Write the member number in both rows.",
	},
	PersonUnavailable: {
		"Adressen tilhører en profil som er slettet. Skriv en annen adresse.",
		"Adressa høyrer til ein profil som er sletta. Skriv ei anna adresse.",
		"The address is that of a profile that was erased. Write another address.",
	},
	BelongsElsewhere: {
		"Personen hører også til et lokallag som ikke er ditt. Bare medlemskapet blir ført inn.",
		"Personen høyrer òg til eit lokallag som ikkje er ditt. Berre medlemskapen blir ført inn.",
		"The person belongs to a chapter that is not yours, too. Only the membership is entered.",
	},
	MembershipEnded: {
		"Medlemskapet er avsluttet. Skriv en startdato etter det hvis personen er med igjen.",
		"Medlemskapen er avslutta. Skriv ein startdato etter det om personen er med igjen.",
		"The membership has ended. Write a start after that if the person is back.",
	},
	MembershipOverlaps: {
		"Personen har allerede den rollen i lokallaget i noe av tiden. Rett startdatoen eller sluttdatoen.",
		"Personen har alt den rolla i lokallaget i noko av tida. Rett startdatoen eller sluttdatoen.",
		"The person has that role in the chapter for some of the time already. Correct the start or the last day.",
	},
	StartMissing: {
		"Den siste dagen er passert, og det står ingen første. Skriv startdatoen.",
		"Den siste dagen er passert, og det står ingen første. Skriv startdatoen.",
		"The last day has passed, and there is no first one. Write the start.",
	},
	CertificationRevoked: {
		"Kurset er trukket tilbake. Rett utløpsdatoen, eller registrer et nytt kurs med ny kursdato.",
		"Kurset er trekt tilbake. Rett utløpsdatoen, eller registrer eit nytt kurs med ny kursdato.",
		"The certification was revoked. Correct the expiry date, or register a new one with its own date.",
	},
	CertificationRemoved: {
		"Kurset er fjernet fordi det var en feil. Slett det i filen, eller registrer det på nytt i systemet.",
		"Kurset er fjerna fordi det var ein feil. Slett det i fila, eller registrer det på nytt i systemet.",
		"The certification was removed as a mistake. Delete it from the file, or register it again in the system.",
	},
}
