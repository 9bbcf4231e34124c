package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// certification is one of the list that register_person takes. The RPC judges its dates.
type certification struct {
	Kind      *string `json:"kind"`
	IssuedOn  *string `json:"issued_on"`
	ExpiresOn *string `json:"expires_on,omitempty"`
}

// goTypes are those of a field of the body, by the type of the RPC's argument.
var goTypes = map[string]reflect.Type{
	"text":    reflect.TypeFor[*string](),
	"uuid":    reflect.TypeFor[*string](),
	"date":    reflect.TypeFor[*string](),
	"integer": reflect.TypeFor[*int32](),
	"boolean": reflect.TypeFor[*bool](),
	"jsonb":   reflect.TypeFor[*[]certification](),
}

// bodies are what a command's body may have: its name, and the RPC's arguments in order.
// One struct type for each, made from the table of the commands, so that a body is read
// as strictly as that of any other function.
var bodies = func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for name, arguments := range database.PeopleCommands {
		fields := []reflect.StructField{field("command", "text")}
		for _, argument := range arguments {
			fields = append(fields, field(argument.Name, argument.Type))
		}
		types[name] = reflect.StructOf(fields)
	}
	return types
}()

func field(name, argumentType string) reflect.StructField {
	return reflect.StructField{
		Name: "Field_" + name, // exported, because JSON is read into exported fields only
		Type: goTypes[argumentType],
		Tag:  reflect.StructTag(`json:"` + name + `"`),
	}
}

// readCommand reads the command and its arguments as text. It checks their form; the RPC
// checks the rest.
func readCommand(r *functionurl.Request) (name string, arguments map[string]string, err error) {
	fields, err := r.Fields()
	if err != nil {
		return "", nil, err
	}
	if err := json.Unmarshal(fields["command"], &name); err != nil || bodies[name] == nil {
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			if field != "command" && !isArgument(field) {
				return "", nil, functionurl.Invalid(field, "is unknown")
			}
		}
		return "", nil, functionurl.Invalid("command", "must be one of %s", strings.Join(slices.Sorted(maps.Keys(bodies)), ", "))
	}
	body := reflect.New(bodies[name])
	if err := r.Decode(body.Interface()); err != nil {
		return "", nil, err
	}
	arguments = map[string]string{}
	for n, argument := range database.PeopleCommands[name] {
		value := body.Elem().Field(n + 1)
		if value.IsNil() {
			if argument.Required {
				return "", nil, functionurl.Invalid(argument.Name, "is required")
			}
			continue
		}
		if arguments[argument.Name], err = argumentText(argument, value.Interface()); err != nil {
			return "", nil, err
		}
	}
	return name, arguments, nil
}

// isArgument reports whether some command has it.
func isArgument(name string) bool {
	for _, arguments := range database.PeopleCommands {
		if slices.ContainsFunc(arguments, func(a database.PeopleArgument) bool { return a.Name == name }) {
			return true
		}
	}
	return false
}

// argumentText is an argument in the text format of Postgres.
func argumentText(argument database.PeopleArgument, value any) (string, error) {
	switch value := value.(type) {
	case *int32:
		return strconv.FormatInt(int64(*value), 10), nil
	case *bool:
		return strconv.FormatBool(*value), nil
	case *string:
		switch argument.Type {
		case "uuid":
			if _, err := functionurl.RequireUUID(argument.Name, value); err != nil {
				return "", err
			}
		case "date":
			if !functionurl.IsDate(*value) {
				return "", functionurl.Invalid(argument.Name, "must be a calendar date, YYYY-MM-DD")
			}
		}
		return *value, nil
	case *[]certification:
		for n, each := range *value {
			switch {
			case each.Kind == nil:
				return "", functionurl.Invalid(fmt.Sprintf("%s/%d/kind", argument.Name, n), "is required")
			case each.IssuedOn == nil:
				return "", functionurl.Invalid(fmt.Sprintf("%s/%d/issued_on", argument.Name, n), "is required")
			}
		}
		text, err := json.Marshal(value)
		return string(text), err
	default:
		return "", fmt.Errorf("%s is a %T", argument.Name, value)
	}
}
