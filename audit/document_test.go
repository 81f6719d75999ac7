package audit

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheDocumentListsEveryCheck(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/money.md")
	require.NoError(t, err)
	for _, c := range checks() {
		require.Contains(t, string(text), "| `"+c.name+"` | "+c.description+" |\n")
	}
}
