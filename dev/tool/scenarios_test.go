package tool_test

import (
	"bytes"
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/tool"
)

var drinks = tool.Scenarios[int]{
	{Name: "tea", About: "leaves and water", Play: 1},
	{Name: "cold_brew", About: "takes a night", Slow: true, Play: 2},
	{Name: "milk", About: "as it is", Play: 3},
}

func TestScenariosAreChosenByName(t *testing.T) {
	t.Parallel()
	for only, want := range map[string][]string{
		"": {"tea", "milk"}, "milk,tea": {"milk", "tea"}, "cold_brew, milk": {"cold_brew", "milk"},
	} {
		chosen, err := drinks.Parse(tool.Flags("bar", &bytes.Buffer{}), []string{"-only", only})
		require.NoError(t, err)
		require.Equal(t, want, chosen.Names(), "-only %q", only)
	}
	require.Len(t, drinks, 3, "they stay what they are")
}

func TestAnUnknownScenarioIsToldWhichThereAre(t *testing.T) {
	t.Parallel()
	_, err := drinks.Parse(tool.Flags("bar", &bytes.Buffer{}), []string{"-only=milk,coffee"})
	require.EqualError(t, err, `there is no scenario "coffee"; there are tea, cold_brew, milk`)
}

func TestScenariosAreListed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	_, err := drinks.Parse(tool.Flags("bar", &out), []string{"-list"})
	require.ErrorIs(t, err, flag.ErrHelp)
	require.Equal(t, "tea        leaves and water\ncold_brew  takes a night (slow: only when it is named)\nmilk       as it is\n", out.String())
}
