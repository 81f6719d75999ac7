package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/workflowservice/v1"
)

// usefulIndexes are those of the list of workflows that somebody asks by: the web UI, the server itself for schedules and versions, and the
// product. The schema comes with over seventy, most of them for search attributes that nobody has given a name, and each is written three times
// a workflow, which took most of the time of PostgreSQL's statements for a bare one. An index that is missing makes a search slower, never wrong.
var usefulIndexes = []string{
	"executions_visibility_pkey",
	"default_idx",
	"by_workflow_id",
	"by_workflow_type",
	"by_status",
	"by_parent_workflow_id",
	"by_root_workflow_id",
	"by_temporal_namespace_division",
	"by_temporal_scheduled_by_id",
	"by_temporal_worker_deployment_version",
}

// dropIdleIndexes drops the indexes of the list of workflows that nobody asks by: all but the useful ones and those of the namespace's own
// search attributes. An attribute that the namespace gets later, on data that there are already, is given a column whose index is gone: searches by
// it are right and slower, until the data begin anew (make reset).
func (f frontend) dropIdleIndexes(ctx context.Context, opts options) (err error) {
	namespace, err := f.workflows.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: opts.namespace})
	if err != nil {
		return serviceError(err)
	}
	useful := slices.Clone(usefulIndexes)
	for column := range maps.Keys(namespace.GetConfig().GetCustomSearchAttributeAliases()) {
		useful = append(useful, indexOf(column))
	}
	conn, err := connect(ctx, opts, visibilityDatabase)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	rows, err := conn.Query(ctx, `SELECT indexname FROM pg_indexes WHERE tablename = 'executions_visibility' AND NOT indexname = ANY ($1)`, useful)
	if err != nil {
		return err
	}
	idle, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(idle) == 0 {
		return err
	}
	for i, name := range idle {
		idle[i] = pgx.Identifier{name}.Sanitize()
	}
	if _, err := conn.Exec(ctx, "DROP INDEX "+strings.Join(idle, ", ")); err != nil {
		return fmt.Errorf("drop idle indexes: %w", err)
	}
	return nil
}

// words are those of a column's name: those of KeywordList01 are Keyword, List and 01.
var words = regexp.MustCompile(`[A-Z][a-z]*|[0-9]+`)

// indexOf names the index of a column for search attributes, as the schema does: that of KeywordList01 is by_keyword_list_01.
func indexOf(column string) string {
	return "by_" + strings.ToLower(strings.Join(words.FindAllString(column, -1), "_"))
}
