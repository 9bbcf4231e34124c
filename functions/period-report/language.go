package main

import "strings"

// locale is the language of a table: Bokmål, Nynorsk or English.
type locale int

const (
	bokmaal locale = iota
	nynorsk
	english
)

// languageOf reads what profiles.locale says; anything else is Bokmål.
func languageOf(text *string) locale {
	if text == nil {
		return bokmaal
	}
	first, _, _ := strings.Cut(strings.ToLower(*text), "-")
	first, _, _ = strings.Cut(first, "_")
	switch first {
	case "nn", "nno":
		return nynorsk
	case "en", "eng":
		return english
	}
	return bokmaal
}

var (
	tags         = [3]string{"nb-NO", "nn-NO", "en-GB"}
	fileNames    = [3]string{"periodrapport", "periodrapport", "period-report"}
	nameHeadings = [3]string{"Lokallag", "Lokallag", "Chapter"}
	totalNames   = [3]string{"Totalt", "Totalt", "Total"}

	mentorHeadings = [3][]string{
		{"Id", "Navn", "Lokallag", "Fra", "Til", "Dager", "Status", "Godkjent"},
		{"Id", "Namn", "Lokallag", "Frå", "Til", "Dagar", "Status", "Godkjend"},
		{"Id", "Name", "Chapters", "From", "To", "Days", "Status", "Certified"},
	}
	numberHeadings = [3][]string{
		{
			"Registrert første dag", "Registrert siste dag", "Registrert i perioden",
			"Aktiv i perioden", "Aktiv siste dag", "Aktiv alle dager",
			"Godkjent i perioden", "Godkjent siste dag", "Godkjent alle dager",
			"Dager aktiv", "Dager med pause", "Dager utløpt", "Kommet til", "Sluttet", "Flyttet",
		},
		{
			"Registrert første dag", "Registrert siste dag", "Registrert i perioden",
			"Aktiv i perioden", "Aktiv siste dag", "Aktiv alle dagar",
			"Godkjend i perioden", "Godkjend siste dag", "Godkjend alle dagar",
			"Dagar aktiv", "Dagar med pause", "Dagar utgått", "Komne til", "Slutta", "Flytta",
		},
		{
			"Registered first day", "Registered last day", "Registered any day",
			"Active any day", "Active last day", "Active every day",
			"Certified any day", "Certified last day", "Certified every day",
			"Days active", "Days paused", "Days expired", "Joined", "Left", "Moved",
		},
	}

	statuses = map[string][3]string{
		"active":       {"Aktiv", "Aktiv", "Active"},
		"paused":       {"Pause", "Pause", "Paused"},
		"expired_cert": {"Utløpt", "Utgått", "Expired"},
	}
	yes = [3]string{"Ja", "Ja", "Yes"}
	no  = [3]string{"Nei", "Nei", "No"}

	sheetNames = [3][5]string{
		{"Forside", "Innhold", "Merknader", "Sammendrag", "Likepersoner"},
		{"Framside", "Innhald", "Merknader", "Samandrag", "Likepersonar"},
		{"Cover", "Contents", "Notes", "Summary", "Peer mentors"},
	}
	titles          = [3]string{"Perioderapport for likepersoner", "Perioderapport for likepersonar", "Period report on peer mentors"}
	coverHeadings   = [3][]string{{"Opplysning", "Verdi"}, {"Opplysing", "Verdi"}, {"Item", "Value"}}
	contentHeadings = [3][]string{{"Ark", "Innhold"}, {"Ark", "Innhald"}, {"Sheet", "Content"}}
	noteHeadings    = [3][]string{{"Merknad", "Forklaring"}, {"Merknad", "Forklaring"}, {"Note", "Explanation"}}
	coverItems      = [3][]string{
		{
			"Fra og med", "Til og med", "Lokallag", "Slik det var kjent", "Utstedt av", "Regelversjon",
			"Rapportnummer", "Nøyaktig tid (til kontroll)", "Utsteders id (til kontroll)", "Sjekksum (SHA-256)",
		},
		{
			"Frå og med", "Til og med", "Lokallag", "Slik det var kjent", "Utferda av", "Regelversjon",
			"Rapportnummer", "Nøyaktig tid (til kontroll)", "Utferdars id (til kontroll)", "Sjekksum (SHA-256)",
		},
		{
			"From", "To", "Chapters", "As known at", "Issued by", "Version of the rules",
			"Report id", "Exact moment (for auditors)", "Issuer's id (for auditors)", "Checksum (SHA-256)",
		},
	}
	longDates = [3]string{"[$-414]d. mmmm yyyy", "[$-814]d. mmmm yyyy", "[$-809]d mmmm yyyy"}
	// momentFormats take day, month, year, hour and minute.
	momentFormats   = [3]string{"%d. %s %d kl. %02d.%02d", "%d. %s %d kl. %02d.%02d", "%d %s %d at %02d:%02d"}
	norwegianMonths = []string{
		"januar", "februar", "mars", "april", "mai", "juni",
		"juli", "august", "september", "oktober", "november", "desember",
	}
	months = [3][]string{norwegianMonths, norwegianMonths, {
		"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December",
	}}
	notIssued = [3]string{"Ikke utstedt", "Ikkje utferda", "Not issued"}
	oneTable  = [3]string{"Arket har én tabell.", "Arket har éin tabell.", "This sheet has one table."}
	contents  = [3][5]string{
		{"Hva rapporten gjelder", "Arkene i denne fila", "Reglene med ord", "Tallene for hvert lokallag og totalt", "Hver likeperson, dag for dag i perioder med samme status"},
		{"Kva rapporten gjeld", "Arka i denne fila", "Reglane med ord", "Tala for kvart lokallag og totalt", "Kvar likeperson, dag for dag i periodar med same status"},
		{"What the report is about", "The sheets of this file", "The rules in words", "The numbers of each chapter and in all", "Each peer mentor, in stretches of days with the same status"},
	}
	notes = [3][][2]string{
		{
			{"Dag", "En dag teller slik den endte, i organisasjonens tidssone."},
			{"Registrert", "Likeperson i lokallaget den dagen."},
			{"Aktiv", "Registrert, uten pause, og uten en godkjenning som er utløpt."},
			{"Pause", "Fra dagen pausen begynte til dagen før likepersonen kom tilbake."},
			{"Utløpt", "En godkjenning er gått ut, eller en som alle må ha, mangler. Går foran pause."},
			{"Godkjent", "Aktiv, med minst én gyldig godkjenning."},
			{"Alle dager", "Hver eneste dag i perioden."},
			{"Dager", "Dagsverk: to likepersoner på én dag er to dager."},
			{"Totalt", "Den som er i to lokallag, teller én gang."},
			{"Kommet til", "I lokallaget en dag i perioden, men ikke dagen før. Den som begynte på periodens første dag, er med både her og i «Registrert første dag». Den som kom til flere ganger, teller én gang."},
			{"Sluttet", "Ikke i lokallaget en dag i perioden, men dagen før. Den som hadde sin siste dag dagen før perioden, er med her, men ikke i «Registrert første dag». Den som var med til og med periodens siste dag, er ikke med her. Den som sluttet flere ganger, teller én gang."},
			{"Flyttet", "Gikk ut av ett lokallag i rapporten og inn i et annet fra én dag til den neste."},
		},
		{
			{"Dag", "Ein dag tel slik han enda, i tidssona til organisasjonen."},
			{"Registrert", "Likeperson i lokallaget den dagen."},
			{"Aktiv", "Registrert, utan pause, og utan ei godkjenning som har gått ut."},
			{"Pause", "Frå dagen pausen tok til, til dagen før likepersonen kom tilbake."},
			{"Utgått", "Ei godkjenning har gått ut, eller ei som alle må ha, manglar. Går føre pause."},
			{"Godkjend", "Aktiv, med minst éi gyldig godkjenning."},
			{"Alle dagar", "Kvar einaste dag i perioden."},
			{"Dagar", "Dagsverk: to likepersonar på éin dag er to dagar."},
			{"Totalt", "Den som er i to lokallag, tel éin gong."},
			{"Komne til", "I lokallaget ein dag i perioden, men ikkje dagen før. Den som byrja på den første dagen i perioden, er med både her og i «Registrert første dag». Den som kom til fleire gonger, tel éin gong."},
			{"Slutta", "Ikkje i lokallaget ein dag i perioden, men dagen før. Den som hadde den siste dagen sin dagen før perioden, er med her, men ikkje i «Registrert første dag». Den som var med til og med den siste dagen i perioden, er ikkje med her. Den som slutta fleire gonger, tel éin gong."},
			{"Flytta", "Gjekk ut av eitt lokallag i rapporten og inn i eit anna frå éin dag til den neste."},
		},
		{
			{"Day", "A day counts as it ended, in the organisation's time zone."},
			{"Registered", "A mentor of the chapter on that day."},
			{"Active", "Registered, not paused, and no certification has expired."},
			{"Paused", "From the day of the pause until the day before the return."},
			{"Expired", "A certification has ended, or one that everybody needs is lacking. Goes before paused."},
			{"Certified", "Active, with at least one valid certification."},
			{"Every day", "Each single day of the period."},
			{"Days", "Days of mentors: two mentors on one day are two days."},
			{"Total", "A mentor of two chapters counts once."},
			{"Joined", "In the chapter on a day of the period, but not on the day before. Whoever began on the first day of the period is counted here and in “Registered first day”. Whoever joined more than once counts once."},
			{"Left", "Not in the chapter on a day of the period, but on the day before. Whoever had their last day on the day before the period is counted here, but not in “Registered first day”. Whoever stayed until the last day of the period is not counted here. Whoever left more than once counts once."},
			{"Moved", "Left one chapter of the report and joined another from one day to the next."},
		},
	}
)
