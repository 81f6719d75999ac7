package worker

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// deploymentName is the worker deployment that builds are versions of.
const deploymentName = "boxoffice"

func bookingOptions(config Config) worker.Options {
	return worker.Options{
		MaxConcurrentLocalActivityExecutionSize: config.LocalActivities,
		WorkflowTaskPollerBehavior:              worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
		WorkerStopTimeout:                       stopTimeout,
		DeploymentOptions:                       deployment(config),
	}
}

func providerOptions(config Config) worker.Options {
	return worker.Options{
		DisableWorkflowWorker:        true,
		TaskQueueActivitiesPerSecond: config.ProviderCallsPerSecond,
		ActivityTaskPollerBehavior:   worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
		WorkerStopTimeout:            stopTimeout,
		DeploymentOptions:            deployment(config),
	}
}

func mailOptions(config Config) worker.Options {
	return worker.Options{
		DisableWorkflowWorker:              true,
		MaxConcurrentActivityExecutionSize: config.MailConnections,
		MaxConcurrentActivityTaskPollers:   1,
		WorkerStopTimeout:                  stopTimeout,
		DeploymentOptions:                  deployment(config),
	}
}

func deployment(config Config) worker.DeploymentOptions {
	if config.BuildID == "" {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{
		UseVersioning:             true,
		Version:                   worker.WorkerDeploymentVersion{DeploymentName: deploymentName, BuildID: config.BuildID},
		DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
	}
}
