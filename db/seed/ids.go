package seed

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"
)

// Things that have a name keep it in their id, so that people can type it. A show has none: its id is a hash of where and when it is.

func screenID(theatreID string, nth int) string {
	return "sc_" + strings.TrimPrefix(theatreID, "th_") + "-" + strconv.Itoa(nth)
}

func layoutID(screenID string) string {
	return "ly_" + strings.TrimPrefix(screenID, "sc_") + "-v1"
}

func showID(screenID string, starts time.Time) string {
	sum := sha256.Sum256([]byte(screenID + "\x00" + starts.UTC().Format(time.RFC3339)))
	return "sh_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}
