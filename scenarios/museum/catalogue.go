package museum

import (
	"fmt"
	"strings"
)

// hallNames introduce the halls.
var hallNames = map[string]string{
	RuleHall:       "What each rule is for\n\nOne rule is lifted, and everything else is as it should be. With the rule the same decisions pass.",
	FlawHall:       "As it was published\n\nProtocols as they were first described, and what was found out about them later. Nothing is lifted.",
	BugHall:        "What real systems got wrong\n\nThe bug is reported in the source that is named; what is shown is our own protocol without the rule that the system lacked.",
	AssumptionHall: "What no rule saves\n\nMore is broken than was assumed. These end with status 5: that is computed from what happened in the run, and not declared.",
}

// Catalogue describes exhibits, hall by hall, as Markdown.
func Catalogue(exhibits []*Exhibit) string {
	var b strings.Builder
	fmt.Fprint(&b, "# The museum\n\n`turncoat museum` checks that each exhibit still shows what it claims, `turncoat museum NAME` tells one.\n"+
		"Seeds are what a search takes to find it (median of twenty), decisions those of the first finding and of\nthe same made small; all else in that run is calm.\n")
	for _, hall := range Halls() {
		fmt.Fprintf(&b, "\n## %s\n\n| exhibit | breaks | status | seeds | one schedule | decisions | shrunk in |\n|---|---|--:|--:|---|---|--:|\n", hallNames[hall])
		for _, e := range exhibits {
			if f := e.Figures; e.Hall == hall && f != nil {
				fmt.Fprintf(&b, "| [%s](exhibits/%s) | %s | %d | %.4g | %.2g %% (%.2g to %.2g) | %d to %d | %.1f s |\n", e.Name, e.Name, e.Property,
					e.Status(), f.Seeds, 100*f.Chance.Value, 100*f.Chance.Lo, 100*f.Chance.Hi, f.Before, f.After, f.Shrink)
			}
		}
		for _, e := range exhibits {
			if e.Hall == hall {
				fmt.Fprintf(&b, "\n**%s.** %s", e.Name, e.About)
				if e.Source != "" {
					fmt.Fprintf(&b, " (%s)", e.Source)
				}
				if e.Long != "" {
					fmt.Fprintf(&b, " It takes more than twelve decisions: %s", e.Long)
				}
				fmt.Fprintln(&b)
			}
		}
	}
	return b.String()
}
