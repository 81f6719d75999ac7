package main

import "runtime/debug"

// garbagePercent is how much is allocated between two collections, in percent of what is in use. With Go's own 100 there are more of them, and each
// slows down everything else on a small machine; with 150 the server takes 400 MB.
const garbagePercent = 125

// collectSeldom tells Go so, unless GOGC says something else.
func collectSeldom(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}
