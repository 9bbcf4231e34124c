// Package metric writes CloudWatch metrics in the embedded metric format: a log
// line that says which of its fields are metrics. No network and no SDK; without
// CloudWatch it is just a log line.
//
// The format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package metric

import (
	"log/slog"
	"time"
)

// Namespace of all metrics of this project; their one dimension is "function".
const Namespace = "mentorpause"

// Value is a metric with its unit.
type Value struct {
	Name  string
	Value int64
	unit  string
}

// Count is a number of things.
func Count(name string, value int) Value { return Value{name, int64(value), "Count"} }

// Milliseconds is a duration.
func Milliseconds(name string, value int64) Value { return Value{name, value, "Milliseconds"} }

// Embed is what a log line needs to be the metrics of a function: the values
// themselves, the dimension, and the directive that names them.
func Embed(at time.Time, function string, values ...Value) []slog.Attr {
	type definition struct{ Name, Unit string }
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	d := directive{Namespace: Namespace, Dimensions: [][]string{{"function"}}}
	attributes := []slog.Attr{slog.String("function", function)}
	for _, v := range values {
		d.Metrics = append(d.Metrics, definition{v.Name, v.unit})
		attributes = append(attributes, slog.Int64(v.Name, v.Value))
	}
	return append(attributes, slog.Group("_aws",
		slog.Int64("Timestamp", at.UnixMilli()),
		slog.Any("CloudWatchMetrics", []directive{d})))
}
