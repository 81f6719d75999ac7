package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	chartColumns                         = 2
	panelWidth, panelHeight              = 470, 240
	plotLeft, plotTop, plotRight         = 58, 52, 16
	plotBottom                           = 28
	titleY, legendY                      = 20, 38
	plotWidth                            = panelWidth - plotLeft - plotRight
	plotHeight                           = panelHeight - plotTop - plotBottom
	fewTicks                     float64 = 4
	colours                              = 5
)

// chartStyle has the colours of light and of dark pages; the picture has no ground of its own but for the sheet.
const chartStyle = `
text{font:12px system-ui,sans-serif;fill:#475569}
.t{font-weight:600;font-size:13px;fill:#0f172a}
.g{stroke:#e2e8f0}.w{fill:#f1f5f9}.sheet{fill:#fff}
path{fill:none;stroke-width:1.6;stroke-linejoin:round}
.c0{stroke:#2563eb}.c1{stroke:#d97706}.c2{stroke:#059669}.c3{stroke:#9333ea}.c4{stroke:#64748b}
@media(prefers-color-scheme:dark){
text{fill:#94a3b8}.t{fill:#f1f5f9}.g{stroke:#334155}.w{fill:#1e293b}.sheet{fill:#0f172a}
.c0{stroke:#60a5fa}.c1{stroke:#fbbf24}.c2{stroke:#34d399}.c3{stroke:#c084fc}.c4{stroke:#94a3b8}
}`

// draw makes an SVG picture of the run, a panel for each subject. What is left of the warm-up's edge is shaded.
func (r *report) draw() string {
	shown := slices.DeleteFunc(slices.Clone(panels), func(panel string) bool { return len(r.lines(panel)) == 0 })
	rows := (len(shown) + chartColumns - 1) / chartColumns
	width, height := chartColumns*panelWidth, rows*panelHeight
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img"><title>%s</title><style>%s</style><rect class="sheet" width="100%%" height="100%%"/>`,
		width, height, width, height, html.EscapeString(r.caption()), chartStyle)
	for i, panel := range shown {
		fmt.Fprintf(&out, `<g transform="translate(%d %d)">`, i%chartColumns*panelWidth, i/chartColumns*panelHeight)
		r.drawPanel(&out, panel)
		out.WriteString(`</g>`)
	}
	out.WriteString("</svg>\n")
	return out.String()
}

func (r *report) caption() string {
	return fmt.Sprintf("%.1f customers a second for %s", r.Rate, r.Length.Round(time.Second))
}

// lines are those of a panel that have points.
func (r *report) lines(panel string) (lines []line) {
	for _, l := range r.Series {
		if l.Panel == panel && len(l.Points) > 0 && len(lines) < colours {
			lines = append(lines, l)
		}
	}
	return lines
}

func (r *report) drawPanel(out *strings.Builder, panel string) {
	lines := r.lines(panel)
	divisor, title := scale(lines[0].Unit, panel)
	top := 0.0
	for _, l := range lines {
		top = max(top, l.Peak/divisor)
	}
	step := niceStep(top / fewTicks)
	top = max(step, math.Ceil(top/step)*step)
	end := max(r.Length, time.Second)
	x := func(at time.Duration) float64 { return plotLeft + plotWidth*min(1, at.Seconds()/end.Seconds()) }
	y := func(value float64) float64 { return plotTop + plotHeight*(1-value/top) }

	fmt.Fprintf(out, `<rect class="w" x="%d" y="%d" width="%.1f" height="%d"/><text class="t" x="%d" y="%d">%s</text>`,
		plotLeft, plotTop, warmUpShare*plotWidth, plotHeight, plotLeft, titleY, html.EscapeString(title))
	for tick := 0.0; tick <= top+step/2; tick += step {
		fmt.Fprintf(out, `<line class="g" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`,
			plotLeft, plotLeft+plotWidth, y(tick), y(tick), plotLeft-6, y(tick)+4, number(tick))
	}
	for tick, step := 0.0, niceStep(end.Minutes()/fewTicks); tick <= end.Minutes()+step/1000; tick += step {
		fmt.Fprintf(out, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`,
			x(time.Duration(tick*float64(time.Minute))), plotTop+plotHeight+16, number(tick))
	}
	fmt.Fprintf(out, `<text x="%d" y="%d" text-anchor="end">min</text>`, plotLeft-14, plotTop+plotHeight+16)
	legend := float64(plotLeft)
	for i, l := range lines {
		name := shortName(l.Name)
		colour := i
		if part := slices.Index(parts, stack.Part(name)); part >= 0 {
			colour = part // the same in all panels
		}
		fmt.Fprintf(out, `<path class="c%d" d="M%.1f %dh14" style="stroke-width:3"/><text x="%.1f" y="%d">%s</text><path class="c%d" d="`,
			colour, legend, legendY-4, legend+18, legendY, html.EscapeString(name), colour)
		legend += 32 + 6.1*float64(len(name))
		for n, p := range l.Points {
			fmt.Fprintf(out, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[n == 0], x(p.at), y(p.value/divisor))
		}
		out.WriteString(`"/>`)
	}
}

// scale is what the values of a panel are divided by, and its title.
func scale(u unit, panel string) (divisor float64, title string) {
	switch u {
	case inBytes:
		return megabyte, panel + ", MB"
	case inMilliseconds:
		return 1, panel + ", ms"
	case inPieces:
	}
	return 1, panel
}

// niceStep is the smallest of 1, 2 and 5 times a power of ten that is not below.
func niceStep(least float64) float64 {
	if least <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= least {
			return times * power
		}
	}
	return 10 * power
}

func number(n float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", n), "0"), ".")
}

// shortName leaves out what the panel's title says.
func shortName(name string) string {
	if _, of, found := strings.Cut(name, " of "); found {
		return of
	}
	return strings.TrimPrefix(strings.TrimPrefix(name, "unfinished "), "open ")
}
