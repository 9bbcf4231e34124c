// Package metric writes CloudWatch metrics in the embedded metric format: a log
// line that says which of its fields are metrics. It needs no network and no SDK;
// without CloudWatch it is just a log line.
//
// The format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package metric

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Namespace of all metrics of this project.
const Namespace = "mentorpause"

// Dimension is the metrics' one dimension: the name of the deployed function,
// as in Lambda's own metrics, so that two deployments in one account stay apart.
const Dimension = "FunctionName"

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

// Seconds is a duration, too.
func Seconds(name string, value int64) Value { return Value{name, value, "Seconds"} }

// Log writes a line that is the metrics of a function, too. No level of the
// logger keeps it back: an alarm must not depend on how much is logged.
//
// function is the name in the source; it is used where Lambda has set no deployed
// name.
func Log(ctx context.Context, log *slog.Logger, at time.Time, level slog.Level, message, function string, values []Value, more ...slog.Attr) {
	type definition struct{ Name, Unit string }
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	d := directive{Namespace: Namespace, Dimensions: [][]string{{Dimension}}}
	line := slog.NewRecord(at, level, message, 0)
	line.AddAttrs(more...)
	line.AddAttrs(slog.String("function", function), slog.String(Dimension, cmp.Or(lambdacontext.FunctionName, function)))
	for _, v := range values {
		d.Metrics = append(d.Metrics, definition{v.Name, v.unit})
		line.AddAttrs(slog.Int64(v.Name, v.Value))
	}
	line.AddAttrs(slog.Group("_aws",
		slog.Int64("Timestamp", at.UnixMilli()),
		slog.Any("CloudWatchMetrics", []directive{d})))
	// Use the handler, because the logger checks the level first. The error is
	// dropped: there is nobody to report a failed log line to.
	_ = log.Handler().Handle(ctx, line)
}
