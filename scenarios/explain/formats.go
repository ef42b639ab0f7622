package explain

import "io"

// FormatNames are the ways to draw a story.
var FormatNames = []string{"text", "html", "mermaid", "perfetto"}

// Formats draws a story, by name of the format.
var Formats = map[string]func(*Story, io.Writer) error{
	"text":     (*Story).Text,
	"html":     (*Story).HTML,
	"mermaid":  (*Story).Mermaid,
	"perfetto": (*Story).Perfetto,
}
