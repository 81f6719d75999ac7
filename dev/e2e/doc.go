// Package e2e holds the tests of the whole system: HTTP in front, the real worker, Temporal server, PostgreSQL and
// payment simulator behind, each a process of its own.
package e2e
