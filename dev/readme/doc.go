// Package readme holds README.md and the pages in docs/ to their word. Tests run their commands as they are written, one after another in one
// shell, against a system of its own, and compare what they show as answers with what comes; run their SQL; follow their links; and compare the
// table of packages with the code.
package readme
