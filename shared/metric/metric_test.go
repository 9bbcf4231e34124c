package metric_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"mentorpause/shared/metric"
)

func TestLog(t *testing.T) {
	lambdacontext.FunctionName = "stack-Nightly-1A2B"
	t.Cleanup(func() { lambdacontext.FunctionName = "" })
	at := time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelError} {
		t.Run("a logger of level "+level.String()+" writes it", func(t *testing.T) {
			var out bytes.Buffer
			log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: level}))
			metric.Log(t.Context(), log, at, slog.LevelInfo, "done", "nightly-expiry",
				[]metric.Value{metric.Count("expired", 3), metric.Milliseconds("duration_ms", 12)}, slog.String("as_of", "2026-11-24"))

			var got map[string]any
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatalf("%v: %s", err, out.Bytes())
			}
			want := map[string]any{
				"time": "2026-11-24T00:30:00Z", "level": "INFO", "msg": "done", "as_of": "2026-11-24",
				"function": "nightly-expiry", "FunctionName": "stack-Nightly-1A2B", "expired": 3.0, "duration_ms": 12.0,
				"_aws": map[string]any{
					"Timestamp": float64(at.UnixMilli()),
					"CloudWatchMetrics": []any{map[string]any{
						"Namespace":  "mentorpause",
						"Dimensions": []any{[]any{"FunctionName"}},
						"Metrics": []any{
							map[string]any{"Name": "expired", "Unit": "Count"},
							map[string]any{"Name": "duration_ms", "Unit": "Milliseconds"},
						},
					}},
				},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the line differs (-want +got):\n%s", diff)
			}
		})
	}
}
