package bench_test

import (
	"fmt"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// chart is a picture of a few lines.
type chart struct {
	file, title, x, y string
	logarithmic       bool // the upright axis; the other one always is
	series            []series
}

type series struct {
	name   string
	points plotter.XYs
}

func (s *series) add(x, y float64) { s.points = append(s.points, plotter.XY{X: x, Y: y}) }

// draw writes the chart as SVG.
func (c chart) draw(dir string) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = c.title, c.x, c.y
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding, p.X.Padding = vg.Points(3), vg.Points(12)
	p.Add(plotter.NewGrid())
	p.X.Scale = plot.LogScale{}
	if c.logarithmic {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	} else {
		p.Y.Min, p.Y.Tick.Marker = 0, plot.TickerFunc(func(least, most float64) []plot.Tick {
			ticks := plot.DefaultTicks{}.Ticks(least, most)
			for n, tick := range ticks {
				if !tick.IsMinor() {
					ticks[n].Label = label(tick.Value)
				}
			}
			return ticks
		})
	}
	var ticks []plot.Tick // only where there are points
	for _, point := range c.series[0].points {
		ticks = append(ticks, plot.Tick{Value: point.X, Label: label(point.X)})
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	var lines []any
	for _, s := range c.series {
		lines = append(lines, s.name, s.points)
	}
	if err := plotutil.AddLinePoints(p, lines...); err != nil {
		return fmt.Errorf("%s: %w", c.file, err)
	}
	p.X.Max *= 1.6     // room for its number
	if c.logarithmic { // and for the legend
		p.Y.Max *= 30
	} else {
		p.Y.Max *= 1 + 0.12*float64(len(c.series))
	}
	return p.Save(18*vg.Centimeter, 11*vg.Centimeter, filepath.Join(dir, c.file))
}

// label is a round number on an axis.
func label(value float64) string { return strings.TrimSuffix(number(value), ".00") }
