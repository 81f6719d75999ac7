package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// readBy are the configurations of the commands.
func readBy() map[string]any {
	return map[string]any{
		"api": &apiConfig{}, "worker": &workerConfig{}, "audit": &auditConfig{}, "ops": &opsConfig{},
		"migrate": &databaseConfig{}, "seed": &databaseConfig{}, "users": &databaseConfig{},
	}
}

// readElsewhere are the variables that no configuration declares: logLevel and Temporal's own library read them.
var readElsewhere = map[string]string{
	"LOG_LEVEL": "all", "TEMPORAL_ADDRESS": "api, worker, audit, replay", "TEMPORAL_NAMESPACE": "api, worker, audit, replay",
}

// documented matches the row of a variable: its name, who reads it, what it means and its default.
var documented = regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| ([a-z, ]+) \\| (.+) \\| (.*?) ?\\|$")

func TestTheDocumentListsEveryVariable(t *testing.T) {
	t.Parallel()
	rows := map[string][]string{}
	for _, row := range documented.FindAllStringSubmatch(configurationPage(t), -1) {
		require.NotContains(t, rows, row[1], "it has two rows")
		rows[row[1]] = row[2:]
	}
	declared := map[string]bool{}
	for command, config := range readBy() {
		params, err := env.GetFieldParams(config)
		require.NoError(t, err)
		for _, param := range params {
			declared[param.Key] = true
			require.Contains(t, rows, param.Key)
			readers, standard := rows[param.Key][0], rows[param.Key][2]
			require.Contains(t, strings.Split(readers, ", "), command, param.Key)
			if param.DefaultValue != "" {
				require.Equal(t, "`"+param.DefaultValue+"`", standard, param.Key)
			}
			if param.Required {
				require.Equal(t, "required", standard, param.Key)
			}
		}
	}
	for name, row := range rows {
		if who, ok := readElsewhere[name]; ok {
			require.Equal(t, who, row[0], name)
			continue
		}
		require.True(t, declared[name], "nobody reads %s", name)
		for who := range strings.SplitSeq(row[0], ", ") {
			require.Contains(t, readBy(), who, name)
			require.True(t, reads(t, readBy()[who], name), "%s does not read %s", who, name)
		}
	}
}

func reads(t *testing.T, config any, name string) bool {
	t.Helper()
	params, err := env.GetFieldParams(config)
	require.NoError(t, err)
	return slices.ContainsFunc(params, func(param env.FieldParams) bool { return param.Key == name })
}

func TestTheDocumentListsEveryCommandWithItsFlags(t *testing.T) {
	t.Parallel()
	var want strings.Builder
	want.WriteString("| command | what it does | flags |\n|---|---|---|\n")
	describe(&want, command())
	_, table, found := strings.Cut(configurationPage(t), "## Commands and flags\n\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	require.Equal(t, strings.Split(strings.TrimSpace(want.String()), "\n"), strings.Split(strings.TrimSpace(table), "\n"))
}

// describe writes a row for each command below cmd that does something, or has flags for all commands below it.
func describe(to *strings.Builder, cmd *cobra.Command) {
	var flags []string
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		text := fmt.Sprintf("`--%s`: %s", flag.Name, flag.Usage)
		if flag.DefValue != "" && flag.DefValue != "false" && flag.DefValue != "[]" {
			text += fmt.Sprintf(" (`%s`)", flag.DefValue)
		}
		flags = append(flags, text)
	})
	if _, use, _ := strings.Cut(cmd.UseLine(), " "); cmd.Runnable() || len(flags) > 0 {
		use = strings.TrimSuffix(use, " [flags]")
		if !cmd.Runnable() {
			use += " …"
		}
		fmt.Fprintf(to, "| `%s` | %s | %s |\n", use, cmd.Short, strings.Join(flags, "<br>"))
	}
	for _, below := range cmd.Commands() {
		describe(to, below)
	}
}

func configurationPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	return string(text)
}
