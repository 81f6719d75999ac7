package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// frontend is the API of the server that this process runs.
type frontend struct {
	workflows workflowservice.WorkflowServiceClient
	operator  operatorservice.OperatorServiceClient
}

// prepareNamespace registers the namespace and its search attributes where they
// are missing, and returns when workflows can be started and found in it. It says whether a search attribute was missing.
func prepareNamespace(ctx context.Context, opts options) (registered bool, err error) {
	conn, err := grpc.NewClient(opts.frontendAddr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return false, fmt.Errorf("connect to the frontend: %w", err)
	}
	defer func() { _ = conn.Close() }()
	server := frontend{
		workflows: workflowservice.NewWorkflowServiceClient(conn),
		operator:  operatorservice.NewOperatorServiceClient(conn),
	}

	steps := []struct {
		purpose string
		try     func(context.Context, options) error
	}{
		{"register namespace " + opts.namespace, server.registerNamespace},
		{"register search attributes", func(ctx context.Context, opts options) error {
			added, err := server.registerSearchAttributes(ctx, opts)
			registered = registered || added
			return err
		}},
		{"use namespace " + opts.namespace, server.probeHistory},
		{"use search attributes", server.probeVisibility},
		{"drop idle indexes", server.dropIdleIndexes},
	}
	for _, step := range steps {
		if err := until(ctx, func(ctx context.Context) error { return step.try(ctx, opts) }); err != nil {
			return registered, fmt.Errorf("%s: %w", step.purpose, err)
		}
	}
	return registered, nil
}

func (f frontend) registerNamespace(ctx context.Context, opts options) error {
	_, err := f.workflows.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        opts.namespace,
		WorkflowExecutionRetentionPeriod: durationpb.New(opts.retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if err = serviceError(err); errors.As(err, &exists) {
		return nil
	}
	return err
}

// registerSearchAttributes adds what is missing. The server would pass over an
// attribute that exists with another type, so that is looked for first.
func (f frontend) registerSearchAttributes(ctx context.Context, opts options) (added bool, err error) {
	if len(opts.searchAttributes) == 0 {
		return false, nil
	}
	present, err := f.operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: opts.namespace})
	if err != nil {
		return false, serviceError(err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, wanted := range opts.searchAttributes {
		switch existing, found := present.GetCustomAttributes()[name]; {
		case !found:
			missing[name] = wanted
		case existing != wanted:
			return false, permanent(fmt.Errorf("search attribute %s exists as %s, not %s", name, existing, wanted))
		}
	}
	if len(missing) == 0 {
		return false, nil
	}
	_, err = f.operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace:        opts.namespace,
		SearchAttributes: missing,
	})
	return err == nil, serviceError(err)
}

// probeHistory asks for a workflow that does not exist: the history service can
// only say so once it knows the namespace and has loaded the shard.
func (f frontend) probeHistory(ctx context.Context, opts options) error {
	_, err := f.workflows.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: opts.namespace,
		Execution: &commonpb.WorkflowExecution{WorkflowId: "readiness-probe"},
	})
	var notFound *serviceerror.NotFound
	if err = serviceError(err); errors.As(err, &notFound) {
		return nil
	}
	return err
}

// probeVisibility runs one query that names every search attribute.
func (f frontend) probeVisibility(ctx context.Context, opts options) error {
	conditions := make([]string, 0, len(opts.searchAttributes))
	for name := range opts.searchAttributes {
		conditions = append(conditions, fmt.Sprintf("`%s` IS NOT NULL", name))
	}
	_, err := f.workflows.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: opts.namespace,
		Query:     strings.Join(conditions, " OR "),
	})
	return serviceError(err)
}

// serviceError turns a gRPC status into the typed error of the API.
func serviceError(err error) error {
	return serviceerror.FromStatus(status.Convert(err))
}
