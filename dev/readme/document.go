package readme

import (
	"fmt"
	"strings"
)

// block is a fenced block of a Markdown document.
type block struct {
	document string
	// language is what stands behind the fence; empty for output that people read.
	language string
	text     string
	line     int // of its first line
}

// blocks gives the fenced blocks of a document in order.
func blocks(document, text string) (all []block) {
	var open *block
	number := 0
	for line := range strings.Lines(text) {
		number++
		switch language, fence := strings.CutPrefix(line, "```"); {
		case fence && open == nil:
			open = &block{document: document, language: strings.TrimSpace(language), line: number + 1}
		case fence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line
		}
	}
	return all
}

// String says where the block is.
func (b block) String() string { return fmt.Sprintf("%s, line %d", b.document, b.line) }

// heading marks where the output of a block begins.
func heading(b block) string { return "=== " + b.String() }

// script makes one script of all blocks of commands, without the lines that begin with one of those that are left out. It stops at the first command
// that fails, and tells how far it came on both outputs.
func script(all []block, leftOut []string) string {
	var text strings.Builder
	text.WriteString("set -eu\n")
	for _, b := range all {
		if b.language != "sh" {
			continue
		}
		fmt.Fprintf(&text, "echo '%[1]s'; echo '%[1]s' >&2\n", heading(b))
		for line := range strings.Lines(b.text) {
			if !beginsWithOneOf(line, leftOut) {
				text.WriteString(line)
			}
		}
	}
	return text.String()
}

func beginsWithOneOf(line string, beginnings []string) bool {
	for _, beginning := range beginnings {
		if strings.HasPrefix(line, beginning) {
			return true
		}
	}
	return false
}
