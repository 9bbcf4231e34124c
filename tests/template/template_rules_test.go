//go:build lint

package template_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mentorpause/shared/metric"
)

// templateRules are rules that no schema expresses. Each returns its complaints, and
// TestTemplateRulesCanFail shows that each can fail.
var templateRules = map[string]func(template, source) complaints{
	"every function folder is deployed and the other way round": checkFunctions,
	"the HTTP functions have a URL, the others a schedule":      checkStarts,
	"the environment is what the code reads":                    checkEnvironment,
	"secrets are named, not written":                            checkSecrets,
	"everybody may do as little as possible":                    checkRights,
	"what is referred to is there":                              checkReferences,
	"logs end":                                                  checkLogs,
	"alarms are about something":                                checkAlarms,
	"the connections fit into the pooler":                       checkConnections,
	"a domain leads to every function":                          checkFront,
}

func checkFunctions(t template, s source) (found complaints) {
	var built []string
	for name := range s {
		built = append(built, logicalID(name))
	}
	slices.Sort(built)
	deployed := t.ofType(samFunction)
	if !slices.Equal(deployed, built) {
		found.add("the template has the functions %v, the folder functions has %v", deployed, built)
	}
	for _, id := range deployed {
		want := map[string]any{
			"Runtime": "provided.al2023", "Architectures": []any{"arm64"}, "Handler": "bootstrap", "CodeUri": ".",
		}
		for key, value := range want {
			if got := t.property(id, key); fmt.Sprint(got) != fmt.Sprint(value) {
				found.add("%s: %s is %v, want %v", id, key, got, value)
			}
		}
		if method := at(t.resource(id), "Metadata", "BuildMethod"); method != "makefile" {
			found.add("%s: the build method is %v, want makefile", id, method)
		}
	}
	return found
}

// checkFront compares CloudFront's paths with the functions that have a URL. The page is at the
// root; an answer of a function is somebody's own, so no cache may keep it.
func checkFront(t template, _ source) (found complaints) {
	const uncached = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	config := at(t.resource("Front"), "Properties", "DistributionConfig")
	origins := map[string]string{}
	for _, origin := range list(at(config, "Origins")) {
		origins[fmt.Sprint(at(origin, "Id"))] = fmt.Sprint(at(origin, "DomainName"))
	}
	paths := map[string]any{"/": at(config, "DefaultCacheBehavior")}
	for _, behaviour := range list(at(config, "CacheBehaviors")) {
		paths[fmt.Sprint(at(behaviour, "PathPattern"))] = behaviour
	}
	for _, id := range t.ofType(samFunction) {
		if t.property(id, "FunctionUrlConfig") == nil {
			continue
		}
		name := folder(id)
		path := "/functions/" + name
		if name == "console" {
			path = "/"
		}
		if !strings.Contains(origins[name], id+"Url") {
			found.add("Front: %s comes from %s", name, origins[name])
		}
		behaviour := paths[path]
		if at(behaviour, "TargetOriginId") != name {
			found.add("Front: %s leads to %v, not to %s", path, at(behaviour, "TargetOriginId"), name)
		}
		if at(behaviour, "CachePolicyId") != uncached {
			found.add("Front: %s is cached", path)
		}
		delete(paths, path)
	}
	delete(paths, "/assets/*")
	for path := range paths {
		found.add("Front: there is nothing at %s", path)
	}
	return found
}

func checkStarts(t template, s source) (found complaints) {
	for _, id := range t.ofType(samFunction) {
		function, there := s[folder(id)]
		events, _ := t.property(id, "Events").(map[string]any)
		if !there {
			continue // checkFunctions says so
		}
		if !function.hasURL {
			if t.property(id, "FunctionUrlConfig") != nil {
				found.add("%s: a scheduled function has a URL", id)
			}
			if len(events) == 0 {
				found.add("%s: nothing starts it", id)
			}
			if want, promised := promisedSchedules[id]; promised && !slices.ContainsFunc(slices.Collect(maps.Values(events)), func(event any) bool {
				return at(event, "Properties", "ScheduleExpression") == want
			}) {
				found.add("%s: no schedule has %q", id, want)
			}
			for name, event := range events {
				found = append(found, checkSchedule(t, id, name, event)...)
			}
			continue
		}
		// The function checks the token and sets CORS itself; browsers refuse repeated headers.
		if auth := t.property(id, "FunctionUrlConfig", "AuthType"); auth != "NONE" {
			found.add("%s: AuthType is %v, want NONE", id, auth)
		}
		if mode := t.property(id, "FunctionUrlConfig", "InvokeMode"); mode != "BUFFERED" {
			found.add("%s: InvokeMode is %v, want BUFFERED", id, mode)
		}
		if cors := t.property(id, "FunctionUrlConfig", "Cors"); cors != nil {
			found.add("%s: Cors is set in the template", id)
		}
		if len(events) > 0 {
			found.add("%s: a function with a URL has events", id)
		}
		if !hasOutput(t, id+"Url", "FunctionUrl") {
			found.add("%s: no output has its URL", id)
		}
	}
	return found
}

// promisedSchedules are those on which docs/operations.md and the alarms rely.
var promisedSchedules = map[string]string{
	"NightlyExpiryFunction":         "cron(30 0 * * ? *)",
	"DispatchNotificationsFunction": "rate(1 minute)",
}

func checkSchedule(t template, id, name string, event any) (found complaints) {
	property := func(keys ...string) any { return at(event, append([]string{"Properties"}, keys...)...) }
	if kind := at(event, "Type"); kind != "ScheduleV2" {
		found.add("%s: %s is a %v, not of EventBridge Scheduler", id, name, kind)
	}
	if mode := property("FlexibleTimeWindow", "Mode"); mode != "OFF" {
		found.add("%s: %s has a flexible window", id, name)
	}
	if property("OmitName") != true {
		found.add("%s: %s would have the same name in two stacks", id, name)
	}
	if property("RetryPolicy", "MaximumRetryAttempts") == nil {
		found.add("%s: %s says nothing of repeating; the default is 185 times", id, name)
	}
	if queue := property("DeadLetterConfig", "Arn"); attributeOf(queue) != "DeadLetters.Arn" {
		found.add("%s: %s leaves its dead letters at %v", id, name, queue)
	}
	if role := property("RoleArn"); attributeOf(role) != "SchedulerRole.Arn" {
		found.add("%s: %s starts it with the rights of %v", id, name, role)
	}
	if expression, _ := property("ScheduleExpression").(string); strings.HasPrefix(expression, "cron(") &&
		at(property("ScheduleExpressionTimezone"), "Ref") != "OrganisationTimeZone" {
		found.add("%s: %s is not in the organisation's time zone", id, name)
	}
	return found
}

func checkEnvironment(t template, s source) (found complaints) {
	for _, id := range t.ofType(samFunction) {
		function, there := s[folder(id)]
		if !there {
			continue
		}
		variables, _ := t.property(id, "Environment", "Variables").(map[string]any)
		for name := range function.variables {
			if variables[name] == nil {
				found.add("%s: reads %s, which the template doesn't set", id, name)
			}
		}
		for name := range variables {
			if !function.variables[name] {
				found.add("%s: doesn't read %s, which the template sets", id, name)
			}
		}
		if !function.variables["SUPABASE_DB_URL"] {
			continue // it uses no database
		}
		role := "DatabaseUrlSecret"
		if !function.hasURL {
			role = "SchedulerDatabaseUrlSecret"
		}
		if got, want := at(variables["SUPABASE_DB_URL"], "Fn::Sub"), "{{resolve:secretsmanager:${"+role+"}:SecretString}}"; got != want {
			found.add("%s: connects by %v, want %s", id, got, want)
		}
	}
	return found
}

var (
	secretVariable  = regexp.MustCompile(`DB_URL|SMTP_URL|SECRET|PASSWORD|TOKEN|PRIVATE`)
	secretReference = regexp.MustCompile(`^\{\{resolve:secretsmanager:\$\{(\w+)\}:SecretString\}\}$`)
	secretName      = regexp.MustCompile(`(?i)secret|password|token|key|dburl|smtp`)
	publicName      = regexp.MustCompile(`(PublishableKey|AnonKey|KeyArn)$`)

	// Credentials in a URL, a JSON Web Token, Supabase's and Amazon's keys, a private key.
	secretText = regexp.MustCompile(`://[^/\s:@]+:[^/\s:@]+@|\beyJ[\w-]{10,}|\bsb_secret_|\bsbp_[0-9a-f]|\bA(KI|SI)A[0-9A-Z]{16}|-----BEGIN`)
)

func checkSecrets(t template, s source) (found complaints) {
	for _, id := range t.ofType(samFunction) {
		variables, _ := t.property(id, "Environment", "Variables").(map[string]any)
		for name, value := range variables {
			if !secretVariable.MatchString(name) {
				continue
			}
			if branches, ok := at(value, "Fn::If").([]any); ok && len(branches) == 3 && branches[2] == "" {
				value = branches[1]
			}
			text, _ := at(value, "Fn::Sub").(string)
			match := secretReference.FindStringSubmatch(text)
			if match == nil || !strings.HasSuffix(match[1], "Secret") {
				found.add("%s: %s is %v, not the text of a secret whose name is a parameter", id, name, value)
			}
		}
	}
	for name, parameter := range t.section("Parameters") {
		if !secretName.MatchString(name) || publicName.MatchString(name) || at(parameter, "NoEcho") == true {
			continue
		}
		// A name's pattern, so that nobody writes the secret itself there.
		if pattern, _ := at(parameter, "AllowedPattern").(string); !strings.HasSuffix(name, "Secret") || !strings.Contains(pattern, ":secretsmanager:") {
			found.add("parameter %s: neither NoEcho nor only the name of a secret", name)
		}
	}
	walk(map[string]any(t), "", func(path string, value any) {
		if text, ok := value.(string); ok && secretText.MatchString(text) {
			found.add("%s: looks like a secret", path)
		}
		if text, ok := value.(string); ok && strings.Contains(text, "{{resolve:") && !strings.Contains(path, ".Environment.Variables.") {
			found.add("%s: shows a secret", path)
		}
	})
	return found
}

func checkRights(t template, s source) (found complaints) {
	roles := map[any]string{}
	for _, id := range t.ofType(samFunction) {
		role := attributeOf(t.property(id, "Role"))
		if want := strings.TrimSuffix(id, "Function") + "Role.Arn"; role != want {
			found.add("%s: its role is %q, want %s, so that SAM makes none with Amazon's policy for all logs", id, role, want)
		}
		if other := roles[role]; other != "" {
			found.add("%s: shares a role with %s", id, other)
		}
		roles[role] = id
		if t.property(id, "Policies") != nil {
			found.add("%s: has Policies beside its role", id)
		}
		group, _ := at(t.property(id, "LoggingConfig", "LogGroup"), "Ref").(string)
		want := []string{"logs:CreateLogStream " + group + ".Arn", "logs:PutLogEvents " + group + ".Arn"}
		if at(t.resource(id), "Properties", "EventInvokeConfig", "DestinationConfig") != nil {
			want = append(want, "sqs:SendMessage DeadLetters.Arn")
		}
		if got := rights(t, strings.TrimSuffix(role, ".Arn")); !slices.Equal(got, want) {
			found.add("%s: may %v, want %v", id, got, want)
		}
	}
	for _, id := range t.ofType("AWS::IAM::Role") {
		if at(t.resource(id), "Properties", "ManagedPolicyArns") != nil {
			found.add("%s: has managed policies, which are wider than need be", id)
		}
		if len(rights(t, id)) == 0 {
			found.add("%s: may do nothing", id)
		}
		service := "lambda.amazonaws.com"
		if id == "SchedulerRole" {
			service = "scheduler.amazonaws.com"
		}
		principals, _ := at(t.resource(id), "Properties", "AssumeRolePolicyDocument", "Statement").([]any)
		for _, statement := range principals {
			if principal := at(statement, "Principal"); fmt.Sprint(principal) != fmt.Sprint(map[string]any{"Service": service}) {
				found.add("%s: is for %v, want %s", id, principal, service)
			}
		}
	}
	var started []string
	for _, id := range t.ofType(samFunction) {
		if t.property(id, "Events") != nil {
			started = append(started, "lambda:InvokeFunction "+id+".Arn")
		}
	}
	started = append(started, "sqs:SendMessage DeadLetters.Arn")
	if got := rights(t, "SchedulerRole"); !slices.Equal(got, started) {
		found.add("SchedulerRole: may %v, want %v", got, started)
	}
	for id, resource := range t.section("Resources") {
		// SAM itself makes those of the URLs.
		if kind, _ := at(resource, "Type").(string); strings.HasSuffix(kind, "Permission") || strings.HasSuffix(kind, "Policy") {
			found.add("%s (%s): gives rights beside the roles", id, kind)
		}
	}
	walk(t.section("Resources"), "", func(path string, value any) {
		fields, ok := value.(map[string]any)
		if !ok || fields["Effect"] == nil {
			return
		}
		for _, key := range []string{"NotAction", "NotResource", "NotPrincipal"} {
			if fields[key] != nil {
				found.add("%s: %s allows whatever it doesn't name", path, key)
			}
		}
		for _, key := range []string{"Action", "Resource", "Principal"} {
			walk(fields[key], "", func(_ string, value any) {
				if text, ok := value.(string); ok && strings.Contains(text, "*") {
					found.add("%s: %s is %q, a wildcard", path, key, text)
				}
			})
		}
	})
	return found
}

// rights returns those of a role's own policies, "action resource", sorted.
func rights(t template, role string) (all []string) {
	policies, _ := at(t.resource(role), "Properties", "Policies").([]any)
	for _, policy := range policies {
		statements, _ := at(policy, "PolicyDocument", "Statement").([]any)
		for _, statement := range statements {
			for _, action := range list(at(statement, "Action")) {
				for _, resource := range list(at(statement, "Resource")) {
					name := attributeOf(resource)
					if name == "" {
						name = fmt.Sprint(resource)
					}
					all = append(all, fmt.Sprint(action)+" "+name)
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// attributes lists those that Fn::GetAtt knows, for the types in use.
var attributes = map[string][]string{
	samFunction:                     {"Arn"},
	"AWS::Lambda::Url":              {"FunctionUrl", "FunctionArn"},
	"AWS::IAM::Role":                {"Arn", "RoleId"},
	"AWS::SQS::Queue":               {"Arn", "QueueName", "QueueUrl"},
	"AWS::Logs::LogGroup":           {"Arn"},
	"AWS::SNS::Topic":               {"TopicArn", "TopicName"},
	"AWS::CloudWatch::Alarm":        {"Arn"},
	"AWS::CloudFront::Distribution": {"DomainName", "Id"},
}

var substitution = regexp.MustCompile(`\$\{([^!][^}]*)\}`)

func checkReferences(t template, s source) (found complaints) {
	kinds := map[string]string{}
	for id, resource := range t.section("Resources") {
		kinds[id], _ = at(resource, "Type").(string)
		if kinds[id] == samFunction && t.property(id, "FunctionUrlConfig") != nil {
			kinds[id+"Url"] = "AWS::Lambda::Url" // SAM makes it
		}
	}
	used := map[string]bool{}
	reference := func(path, name string) {
		used[name] = true
		if t.section("Parameters")[name] == nil && kinds[name] == "" && !strings.HasPrefix(name, "AWS::") {
			found.add("%s: refers to %s, which isn't there", path, name)
		}
	}
	attribute := func(path, name string) {
		id, attribute, _ := strings.Cut(name, ".")
		if !slices.Contains(attributes[kinds[id]], attribute) {
			found.add("%s: refers to %s, which isn't there", path, name)
		}
	}
	condition := func(path string, value any) {
		name := fmt.Sprint(value)
		used[name] = true
		if t.section("Conditions")[name] == nil {
			found.add("%s: depends on the condition %s, which isn't there", path, name)
		}
	}
	walk(map[string]any(t), "", func(path string, value any) {
		fields, ok := value.(map[string]any)
		if !ok {
			return
		}
		if name, ok := fields["Ref"].(string); ok {
			reference(path, name)
		}
		if name := attributeOf(fields); name != "" {
			attribute(path, name)
		}
		if branches, ok := fields["Fn::If"].([]any); ok {
			condition(path, branches[0])
		}
		if text, ok := fields["Fn::Sub"].(string); ok {
			for _, match := range substitution.FindAllStringSubmatch(text, -1) {
				if strings.Contains(match[1], ".") {
					attribute(path, match[1])
				} else {
					reference(path, match[1])
				}
			}
		}
	})
	for _, section := range []string{"Resources", "Outputs"} {
		for id, entry := range t.section(section) {
			if name := at(entry, "Condition"); name != nil {
				condition(section+"."+id, name)
			}
			for _, name := range list(at(entry, "DependsOn")) {
				reference(section+"."+id, fmt.Sprint(name))
			}
		}
	}
	for _, section := range []string{"Parameters", "Conditions"} {
		for name := range t.section(section) {
			if !used[name] {
				found.add("%s.%s: nobody uses it", section, name)
			}
		}
	}
	return found
}

func checkLogs(t template, s source) (found complaints) {
	owner := map[string]string{}
	for _, id := range t.ofType(samFunction) {
		group, _ := at(t.property(id, "LoggingConfig", "LogGroup"), "Ref").(string)
		if at(t.resource(group), "Type") != "AWS::Logs::LogGroup" {
			found.add("%s: logs to no group of the template", id)
			continue
		}
		if owner[group] != "" {
			found.add("%s: logs to the group of %s", id, owner[group])
		}
		owner[group] = id
		role := strings.TrimSuffix(attributeOf(t.property(id, "Role")), ".Arn")
		for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
			if !slices.Contains(rights(t, role), action+" "+group+".Arn") {
				found.add("%s: may not %s in its group", id, action)
			}
		}
		if format := t.property(id, "LoggingConfig", "LogFormat"); format != "Text" {
			found.add("%s: log format %v: Lambda would filter the lines by a level of its own", id, format)
		}
	}
	for _, group := range t.ofType("AWS::Logs::LogGroup") {
		if at(t.resource(group), "Properties", "RetentionInDays") == nil {
			found.add("%s: keeps its lines for ever", group)
		}
		if owner[group] == "" {
			found.add("%s: nobody logs to it", group)
		}
	}
	return found
}

// amazonMetrics are Amazon's own metrics that we use, with their dimension.
var amazonMetrics = map[string]string{
	"AWS/Lambda Errors": "FunctionName", "AWS/Lambda Throttles": "FunctionName", "AWS/Lambda Duration": "FunctionName",
	"AWS/Lambda Invocations": "FunctionName", "AWS/Lambda Url5xxCount": "FunctionName",
	"AWS/SQS ApproximateNumberOfMessagesVisible": "QueueName",
}

func checkAlarms(t template, s source) (found complaints) {
	watched := map[string]bool{} // "metric logical id"
	for _, id := range t.ofType("AWS::CloudWatch::Alarm") {
		property := func(keys ...string) any { return at(t.resource(id), append([]string{"Properties"}, keys...)...) }
		number := func(name string) float64 {
			value, ok := property(name).(float64)
			if !ok {
				found.add("%s: %s is not a number", id, name)
			}
			return value
		}
		name := fmt.Sprint(property("MetricName"))
		dimensions, _ := property("Dimensions").([]any)
		if len(dimensions) != 1 {
			found.add("%s: %d dimensions", id, len(dimensions))
			continue
		}
		dimension, value := at(dimensions[0], "Name"), at(dimensions[0], "Value")
		about, _ := at(value, "Ref").(string)
		wantDimension, known := amazonMetrics[fmt.Sprint(property("Namespace"))+" "+name]
		switch {
		case property("Namespace") == metric.Namespace:
			wantDimension = metric.Dimension
			if !s[folder(about)].metrics[name] {
				found.add("%s: %s doesn't write the metric %s", id, about, name)
			}
		case !known:
			found.add("%s: there is no metric %s of %v", id, name, property("Namespace"))
		case wantDimension == "QueueName":
			about, _, _ = strings.Cut(attributeOf(value), ".")
		}
		if dimension != wantDimension || t.resource(about) == nil {
			found.add("%s: is about %v %v, want a %s", id, dimension, value, wantDimension)
		}
		watched[name+" "+about] = true

		// What PutMetricAlarm allows.
		period, periods, points := number("Period"), number("EvaluationPeriods"), number("DatapointsToAlarm")
		longest := 86400.0
		if period >= 3600 {
			longest = 7 * 86400
		}
		if period*periods > longest || points < 1 || points > periods || int(period)%60 != 0 {
			found.add("%s: %v of %v periods of %v s are not available; at most %v s in all", id, points, periods, period, longest)
		}
		if hours := period * periods / 3600; name == "completed" && (hours <= 24 || hours > 30) {
			found.add("%s: %v hours, want a day and little more", id, hours)
		}
		if name == "Duration" {
			timeout, _ := t.property(about, "Timeout").(float64)
			if limit := number("Threshold") / 1000; limit < timeout/2 || limit >= timeout {
				found.add("%s: %v s is not near the timeout of %v s", id, limit, timeout)
			}
		}
		switch property("TreatMissingData") {
		case "breaching":
			if property("ComparisonOperator") != "LessThanThreshold" {
				found.add("%s: silence raises it, though it is not about silence", id)
			}
		case "notBreaching":
			if property("ComparisonOperator") == "LessThanThreshold" {
				found.add("%s: is about silence, which doesn't raise it", id)
			}
		default:
			found.add("%s: says nothing of missing data", id)
		}
		if actions := fmt.Sprint(property("AlarmActions")); actions != "map[Fn::If:[SendsAlarms [map[Ref:AlarmTopic]] map[Ref:AWS::NoValue]]]" {
			found.add("%s: tells nobody: %s", id, actions)
		}
	}
	for _, id := range t.ofType(samFunction) {
		for _, alternatives := range [][]string{{"Errors", "Url5xxCount"}, {"Throttles"}, {"Duration"}} {
			if !slices.ContainsFunc(alternatives, func(name string) bool { return watched[name+" "+id] }) {
				found.add("%s: no alarm on its %s", id, alternatives[0])
			}
		}
	}
	for _, what := range []string{"completed NightlyExpiryFunction", "undeliverable DispatchNotificationsFunction",
		"oldest_pending_seconds DispatchNotificationsFunction", "oldest_unreceived_seconds DispatchNotificationsFunction", "Invocations DispatchNotificationsFunction"} {
		if !watched[what] {
			found.add("no alarm on %s", what)
		}
	}
	for _, id := range t.ofType("AWS::SQS::Queue") {
		if !watched["ApproximateNumberOfMessagesVisible "+id] {
			found.add("%s: no alarm when something lies in it", id)
		}
	}
	return found
}

func checkConnections(t template, s source) (found complaints) {
	limit, _ := at(t, "Metadata", "Pooler", "ClientConnections").(float64)
	sum := reservedConcurrency(t, &found)
	if 2*sum > limit {
		found.add("twice %v instances with a connection each don't fit into the pooler's %v", sum, limit)
	}
	return found
}

// reservedConcurrency returns the sum of the defaults of all functions.
func reservedConcurrency(t template, found *complaints) (sum float64) {
	for _, id := range t.ofType(samFunction) {
		if t.property(id, "Environment", "Variables", "SUPABASE_DB_URL") == nil {
			continue // it holds no connection
		}
		branches, _ := at(t.property(id, "ReservedConcurrentExecutions"), "Fn::If").([]any)
		if len(branches) != 3 || branches[0] != "ReservesConcurrency" {
			found.add("%s: its concurrency has no limit", id)
			continue
		}
		name, _ := at(branches[1], "Ref").(string)
		most, ok := at(t, "Parameters", name, "Default").(float64)
		if !ok {
			found.add("%s: the parameter of its concurrency has no default", id)
		}
		sum += most
	}
	return sum
}

// attributeOf returns "Id.Attribute" of an Fn::GetAtt, in either form.
func attributeOf(value any) string {
	switch attribute := at(value, "Fn::GetAtt").(type) {
	case string:
		return attribute
	case []any:
		var parts []string
		for _, part := range attribute {
			parts = append(parts, fmt.Sprint(part))
		}
		return strings.Join(parts, ".")
	}
	return ""
}

// list returns the value itself, or the elements of a list.
func list(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	default:
		return []any{value}
	}
}

func hasOutput(t template, id, attribute string) bool {
	for _, output := range t.section("Outputs") {
		if attributeOf(at(output, "Value")) == id+"."+attribute {
			return true
		}
	}
	return false
}

// walk visits a value and everything in it, in a stable order.
func walk(value any, path string, visit func(path string, value any)) {
	visit(path, value)
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			walk(value[key], strings.TrimPrefix(path+"."+key, "."), visit)
		}
	case []any:
		for n, element := range value {
			walk(element, fmt.Sprintf("%s[%d]", path, n), visit)
		}
	}
}

func TestTemplateRulesCanFail(t *testing.T) {
	t.Parallel()
	const schemaRule = "every property is known and has the right type"
	const role = "Action: lambda:InvokeFunction\n"
	tests := []struct {
		name, rule string
		old, new   string // in the text; the first occurrence
		complaint  string
	}{
		{"a misspelt property", schemaRule, "MemorySize:", "MemorySise:", "MemorySise"},
		{"a text for a number", schemaRule, "Timeout: 900", "Timeout: long", "got string, want number"},
		{"a property missing that must be there", schemaRule, "      EvaluationPeriods: 26\n", "", "EvaluationPeriods"},
		{"a resource type that isn't there", schemaRule, "AWS::SQS::Queue", "AWS::SQS::Quay", "AWS::SQS::Quay"},
		{"a misspelt property of a schedule", schemaRule, "FlexibleTimeWindow:", "FlexibleWindow:", "FlexibleWindow"},
		{"a misspelt property in one branch only", schemaRule, "Value: !Ref PauseFunction\n      Statistic", "Worth: !Ref PauseFunction\n      Statistic", "Worth"},
		{"another section", schemaRule, "Outputs:", "Outlets:", "Outlets"},

		{"a function that has no folder", "every function folder is deployed and the other way round", "  RosterFunction:\n", "  RosterrFunction:\n", "RosterrFunction"},
		{"another handler", "every function folder is deployed and the other way round", "Handler: bootstrap", "Handler: main", "Handler"},
		{"another build", "every function folder is deployed and the other way round", "BuildMethod: makefile", "BuildMethod: go1.x", "build method"},

		{"a URL that asks for a signature", "the HTTP functions have a URL, the others a schedule", "AuthType: NONE", "AuthType: AWS_IAM", "AuthType"},
		{"CORS twice", "the HTTP functions have a URL, the others a schedule", "AuthType: NONE", "AuthType: NONE\n        Cors:\n          AllowOrigins: ['*']", "Cors"},
		{"a URL for the nightly run", "the HTTP functions have a URL, the others a schedule", "Timeout: 900", "Timeout: 900\n      FunctionUrlConfig:\n        AuthType: NONE", "scheduled function has a URL"},
		{"a rule instead of a schedule", "the HTTP functions have a URL, the others a schedule", "Type: ScheduleV2", "Type: Schedule", "not of EventBridge Scheduler"},
		{"a flexible window", "the HTTP functions have a URL, the others a schedule", `Mode: "OFF"`, "Mode: FLEXIBLE", "flexible"},
		{"a schedule with SAM's name", "the HTTP functions have a URL, the others a schedule", "            OmitName: true\n", "", "two stacks"},
		{"another time zone", "the HTTP functions have a URL, the others a schedule", "ScheduleExpressionTimezone: !Ref OrganisationTimeZone", "ScheduleExpressionTimezone: UTC", "time zone"},
		{"no dead letters", "the HTTP functions have a URL, the others a schedule", "            DeadLetterConfig:\n              Arn: !GetAtt DeadLetters.Arn\n", "", "dead letters"},
		{"a dispatcher once a day", "the HTTP functions have a URL, the others a schedule", "rate(1 minute)", "rate(1 day)", "DispatchNotificationsFunction: no schedule"},
		{"a night at noon", "the HTTP functions have a URL, the others a schedule", "cron(30 0 * * ? *)", "cron(0 12 * * ? *)", "NightlyExpiryFunction: no schedule"},
		{"an unknown URL", "the HTTP functions have a URL, the others a schedule", "Value: !GetAtt RosterFunctionUrl.FunctionUrl", "Value: none", "RosterFunction: no output"},

		{"a variable that is not set", "the environment is what the code reads", "          MAIL_FROM: !Ref MailFrom\n", "", "reads MAIL_FROM"},
		{"a variable that nobody reads", "the environment is what the code reads", "        LOG_LEVEL: !Ref LogLevel", "        LOG_LEVEL: !Ref LogLevel\n        DEBUG: yes", "doesn't read DEBUG"},
		{"the other role's database", "the environment is what the code reads", "${SchedulerDatabaseUrlSecret}", "${DatabaseUrlSecret}", "connects by"},

		{"a connection string from a parameter", "secrets are named, not written", `!Sub "{{resolve:secretsmanager:${SmtpUrlSecret}:SecretString}}", ""]`, `!Ref SmtpUrlSecret, ""]`, "SMTP_URL"},
		{"a password in the template", "secrets are named, not written", `!Sub "{{resolve:secretsmanager:${DatabaseUrlSecret}:SecretString}}"`, "postgres://pause_api:hunter2@db/postgres", "looks like a secret"},
		{"a token in the template", "secrets are named, not written", `SUPABASE_ANON_KEY: !Ref SupabaseAnonKey`, "SUPABASE_ANON_KEY: eyJhbGciOiJIUzI1NiJ9.e30.x", "looks like a secret"},
		{"a parameter for a password that is shown", "secrets are named, not written", "Conditions:\n", "  SmtpPassword:\n    Type: String\nConditions:\n", "SmtpPassword"},
		{"a secret's name that may be anything", "secrets are named, not written", "    AllowedPattern: ^(|arn:aws[a-z-]*:secretsmanager:[\\w:/+=.@-]+|[\\w/+=.@-]+)$\n", "", "only the name of a secret"},

		{"a secret among the outputs", "secrets are named, not written", "Value: !Ref DeadLetters\n", "Value: !Sub \"{{resolve:secretsmanager:${DatabaseUrlSecret}:SecretString}}\"\n", "Outputs.DeadLettersUrl.Value"},

		{"a right too many", "everybody may do as little as possible", "Action: [logs:CreateLogStream, logs:PutLogEvents]", "Action: [logs:CreateLogStream, logs:DeleteLogStream, logs:PutLogEvents]", "PauseFunction: may"},
		{"a role for another service", "everybody may do as little as possible", "Service: lambda.amazonaws.com", "Service: ec2.amazonaws.com", "is for"},
		{"rights beside the roles", "everybody may do as little as possible", "  DeadLettersAlarm:\n", "  Anybody:\n    Type: AWS::Lambda::Permission\n  DeadLettersAlarm:\n", "Anybody"},
		{"every action", "everybody may do as little as possible", role, "Action: lambda:*\n", "wildcard"},
		{"every resource", "everybody may do as little as possible", "Resource: !GetAtt PauseLogGroup.Arn", `Resource: "*"`, "wildcard"},
		{"all but one action", "everybody may do as little as possible", role, role + "                NotAction: iam:PassRole\n", "NotAction"},
		{"a role for everybody", "everybody may do as little as possible", "Service: lambda.amazonaws.com", `AWS: "*"`, "is for"},
		{"Amazon's policy for all logs", "everybody may do as little as possible", "      Role: !GetAtt PauseRole.Arn\n", "", "PauseFunction: its role"},
		{"a managed policy", "everybody may do as little as possible", "      Policies:\n", "      ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]\n      Policies:\n", "managed policies"},
		{"a shared role", "everybody may do as little as possible", "Role: !GetAtt RosterRole.Arn", "Role: !GetAtt PauseRole.Arn", "shares a role"},
		{"a function that the scheduler may not start", "everybody may do as little as possible", "                  - !GetAtt DispatchNotificationsFunction.Arn\n", "", "SchedulerRole"},

		{"a parameter that isn't there", "what is referred to is there", "!Ref LogLevel", "!Ref LogLevels", "LogLevels"},
		{"an attribute that isn't there", "what is referred to is there", "!GetAtt DeadLetters.QueueName", "!GetAtt DeadLetters.Name", "DeadLetters.Name"},
		{"a substitution that isn't there", "what is referred to is there", "${AWS::StackName}/pause", "${Stack}/pause", "refers to Stack"},
		{"a condition that isn't there", "what is referred to is there", "!If [SendsEmail,", "!If [SendsMail,", "SendsMail"},
		{"a parameter that nobody uses", "what is referred to is there", "Conditions:\n", "  Colour:\n    Type: String\nConditions:\n", "Colour: nobody uses it"},

		{"a log without end", "logs end", "      RetentionInDays: !Ref LogRetentionDays\n", "", "for ever"},
		{"no log group", "logs end", "LogGroup: !Ref RosterLogGroup", "LogGroup: /aws/lambda/roster", "logs to no group"},
		{"a log that the function may not write", "logs end", "Action: [logs:CreateLogStream, logs:PutLogEvents]", "Action: [logs:CreateLogStream]", "PutLogEvents"},
		{"Lambda's own format", "logs end", "LogFormat: Text", "LogFormat: JSON", "filter"},

		{"a metric that the code doesn't write", "alarms are about something", "MetricName: undeliverable", "MetricName: undelivered", "undelivered"},
		{"a metric that Amazon doesn't have", "alarms are about something", "MetricName: Throttles", "MetricName: Throttled", "Throttled"},
		{"another function's metric", "alarms are about something", "MetricName: completed\n      Dimensions:\n        - Name: FunctionName\n          Value: !Ref NightlyExpiryFunction", "MetricName: completed\n      Dimensions:\n        - Name: FunctionName\n          Value: !Ref RosterFunction", "doesn't write the metric completed"},
		{"another dimension", "alarms are about something", "- Name: FunctionName", "- Name: Function", "is about Function"},
		{"a window that CloudWatch refuses", "alarms are about something", "EvaluationPeriods: 72", "EvaluationPeriods: 200", "are not available"},
		{"a night that is missed every noon", "alarms are about something", "EvaluationPeriods: 26", "EvaluationPeriods: 12", "12 hours"},
		{"silence that doesn't alarm", "alarms are about something", "TreatMissingData: breaching", "TreatMissingData: notBreaching", "silence"},
		{"missing data by default", "alarms are about something", "      TreatMissingData: notBreaching\n", "", "missing data"},
		{"an alarm after the timeout", "alarms are about something", "Threshold: 8000", "Threshold: 10000", "near the timeout"},
		{"an alarm that tells nobody", "alarms are about something", "      AlarmActions: !If [SendsAlarms, [!Ref AlarmTopic], !Ref AWS::NoValue]\n", "", "tells nobody"},
		{"a function without an alarm", "alarms are about something", "MetricName: Url5xxCount\n      Dimensions:\n        - Name: FunctionName\n          Value: !Ref PauseFunction", "MetricName: Url5xxCount\n      Dimensions:\n        - Name: FunctionName\n          Value: !Ref RosterFunction", "PauseFunction: no alarm on its Errors"},

		{"a function without a path", "a domain leads to every function", "PathPattern: /functions/requests\n", "PathPattern: /functions/request\n", "/functions/requests leads to"},
		{"a path to another function", "a domain leads to every function", "TargetOriginId: roster\n", "TargetOriginId: pause\n", "not to roster"},
		{"another function's address", "a domain leads to every function", "!GetAtt InboxFunctionUrl.FunctionUrl]]", "!GetAtt PauseFunctionUrl.FunctionUrl]]", "inbox comes from"},
		{"somebody's answer for everybody", "a domain leads to every function", "TargetOriginId: console\n          ViewerProtocolPolicy: redirect-to-https\n          AllowedMethods: [GET, HEAD, OPTIONS]\n          Compress: false # the functions do\n          CachePolicyId: 4135ea2d", "TargetOriginId: console\n          CachePolicyId: 658327ea", "/ is cached"},

		{"too many connections", "the connections fit into the pooler", "  RosterConcurrency:\n    Type: Number\n    Default: 26", "  RosterConcurrency:\n    Type: Number\n    Default: 90", "don't fit"},
		{"no limit", "the connections fit into the pooler", "      ReservedConcurrentExecutions: !If [ReservesConcurrency, !Ref RosterConcurrency, !Ref AWS::NoValue]\n", "", "RosterFunction: its concurrency"},
	}
	text, s := readTemplate(t), mustReadSource(t)
	shown := map[string]bool{}
	for _, test := range tests {
		shown[test.rule] = true
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(text, test.old, test.new, 1)
			if changed == text {
				t.Fatalf("the template has no %q", test.old)
			}
			var found complaints
			if test.rule == schemaRule {
				found = checkSchema(t, changed)
			} else {
				found = templateRules[test.rule](parseTemplate(t, changed), s)
			}
			if !slices.ContainsFunc(found, func(c string) bool { return strings.Contains(c, test.complaint) }) {
				t.Errorf("nobody complains about %q: %q", test.complaint, found)
			}
		})
	}
	for rule := range templateRules {
		if !shown[rule] {
			t.Errorf("%s: not shown to be able to fail", rule)
		}
	}
}
