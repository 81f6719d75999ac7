// Package readme holds README.md to its word: a test runs its commands as they are written, one after another in one shell, against a system
// of its own, and compares what it shows as answers with what comes.
package readme
