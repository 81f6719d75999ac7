package main

import (
	"math"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/dev/measure"
)

// point is what was seen of something at a time since the beginning.
type point struct {
	at    time.Duration
	value float64
}

// trend is how something has moved.
type trend struct {
	// Level is the median of what was seen.
	Level float64 `json:"level"`
	// PerHour is the slope of Theil and Sen, the median of the slopes between any two points, so a few outliers do not change it.
	PerHour float64 `json:"perHour"`
	// AtLeastPerHour is the lower end of its confidence interval of 95 %.
	AtLeastPerHour float64 `json:"atLeastPerHour"`
	// Noise is how far the points are from the line: a standard deviation, computed from the median deviation.
	Noise float64 `json:"noise"`
	// Hours is from the first point to the last.
	Hours float64 `json:"hours"`
}

const (
	// confidence is the quantile of the normal distribution for 95 %, both sides.
	confidence = 1.96
	// madToDeviation makes a standard deviation of a median one.
	madToDeviation = 1.4826
)

// trendOf draws the line. Fewer than three points have no slope.
func trendOf(points []point) trend {
	if len(points) < 3 {
		return trend{Level: measure.Median(values(points))}
	}
	t := trend{Level: measure.Median(values(points)), Hours: (points[len(points)-1].at - points[0].at).Hours()}
	var slopes []float64
	for i, from := range points {
		for _, to := range points[i+1:] {
			if hours := (to.at - from.at).Hours(); hours > 0 {
				slopes = append(slopes, (to.value-from.value)/hours)
			}
		}
	}
	if len(slopes) == 0 {
		return t
	}
	slices.Sort(slopes)
	t.PerHour = measure.Median(slopes)
	n := float64(len(points))
	spread := confidence * math.Sqrt(n*(n-1)*(2*n+5)/18)
	t.AtLeastPerHour = slopes[max(0, int((float64(len(slopes))-spread)/2))]
	t.Noise = madToDeviation * strays(points, t.PerHour)
	return t
}

// strays is the median distance of the points from a line of that slope.
func strays(points []point, perHour float64) float64 {
	rest := make([]float64, len(points))
	for i, p := range points {
		rest[i] = p.value - perHour*p.at.Hours()
	}
	line := measure.Median(rest)
	for i := range rest {
		rest[i] = math.Abs(rest[i] - line)
	}
	return measure.Median(rest)
}

// after leaves out the points before a time.
func after(points []point, from time.Duration) []point {
	return slices.DeleteFunc(slices.Clone(points), func(p point) bool { return p.at < from })
}

// thin replaces the points of each stretch of time by their median. What is looked at often has hardly changed since the last look, and a hundred
// looks that depend on each other would make a slope seem surer than it is.
func thin(points []point, stretch time.Duration) []point {
	var thinned []point
	for len(points) > 0 {
		n := 1
		for n < len(points) && points[n].at < points[0].at+stretch {
			n++
		}
		thinned = append(thinned, point{at: (points[0].at + points[n-1].at) / 2, value: measure.Median(values(points[:n]))})
		points = points[n:]
	}
	return thinned
}

func values(points []point) []float64 {
	all := make([]float64, len(points))
	for i, p := range points {
		all[i] = p.value
	}
	return all
}
