package readme

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnAnswerMayHaveMoreThanItsExample(t *testing.T) {
	t.Parallel()
	example := documents(`{"id":"bk_1","status":"CONFIRMED","total":3108,"discount":0,"at":"2026-11-20T12:23:51Z","seats":[{"id":"E5","type":"STANDARD"}],"ok":true}`)[0]
	for answer, want := range map[string]string{
		`{"id":"bk_2","status":"CONFIRMED","total":5,"discount":0,"at":"2028-02-29T10:00:00+01:00","seats":[{"id":"A1","type":"RECLINER"},{"id":"A2"}],"ok":true,"more":1}`: "",
		`{"id":"pay_2","status":"CONFIRMED","total":5,"discount":0,"at":"2028-02-29T10:00:00Z","seats":[{"id":"A1","type":"RECLINER"}],"ok":true}`:                          "answer.id is pay_2",
		`{"id":"bk_2","status":"CANCELLED","total":5,"discount":0,"at":"2028-02-29T10:00:00Z","seats":[{"id":"A1","type":"RECLINER"}],"ok":true}`:                           "answer.status is CANCELLED",
		`{"id":"bk_2","status":"CONFIRMED","total":0,"discount":0,"at":"2028-02-29T10:00:00Z","seats":[{"id":"A1","type":"RECLINER"}],"ok":true}`:                           "answer.total is 0",
		`{"id":"bk_2","status":"CONFIRMED","total":5,"discount":0,"at":"soon","seats":[{"id":"A1","type":"RECLINER"}],"ok":true}`:                                           "answer.at is soon",
		`{"id":"bk_2","status":"CONFIRMED","total":5,"discount":0,"at":"2028-02-29T10:00:00Z","seats":[],"ok":true}`:                                                        "answer.seats is []",
		`{"id":"bk_2","status":"CONFIRMED","total":5,"discount":0,"at":"2028-02-29T10:00:00Z","seats":[{"id":"A1"}],"ok":true}`:                                             "answer.seats[0].type is missing",
		`{"id":"bk_2","status":"CONFIRMED","total":5,"discount":0,"at":"2028-02-29T10:00:00Z","seats":[{"id":"A1","type":"RECLINER"}],"ok":false}`:                          "answer.ok is false",
	} {
		require.Equal(t, want, unlike(example, documents(answer)[0], "answer"), answer)
	}
}

func TestDocumentsAreFoundAmongOtherText(t *testing.T) {
	t.Parallel()
	require.Equal(t, []any{map[string]any{"a": 1.0}, map[string]any{"b": "}"}}, documents("=== line 1\n{\"a\":1}\n{odd}{\"b\":\"}\"}\n{\"c\":"))
}

func TestAScriptHasTheCommandsInOrder(t *testing.T) {
	t.Parallel()
	all := blocks("README.md", "# Title\n```sh\necho one\nmake run\n```\nand\n```json\n{}\n```\n```sh\necho two\n```\n")
	require.Len(t, all, 3)
	text := script(all, []string{"make run"})
	require.NotContains(t, text, "make run")
	require.Less(t, strings.Index(text, "=== README.md, line 3"), strings.Index(text, "echo one"))
	require.Less(t, strings.Index(text, "echo one"), strings.Index(text, "=== README.md, line 11"))
	require.Less(t, strings.Index(text, "=== README.md, line 11"), strings.Index(text, "echo two"))
}
