package api

import "regexp"

// idPattern is what every id of the system looks like. What does not is unknown, and never reaches PostgreSQL.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// isID says whether text can be the id of anything.
func isID(text string) bool { return idPattern.MatchString(text) }
