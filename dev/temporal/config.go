package main

import (
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	// Registers the PostgreSQL plugins that persistence names below.
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

const (
	mainDatabase       = "temporal"
	visibilityDatabase = "temporal_visibility"

	// historyShards is fixed for the life of a database. One shard costs 40 % of
	// the throughput; above four the gain is small.
	historyShards = 16

	// maxConns is per store and service: four services with two stores each stay
	// below 160 connections, within a PostgreSQL that allows 300.
	maxConns = 20

	clusterName = "active"
)

// newServer builds the four services of a Temporal server into this process.
func newServer(opts options, dynamic dynamicconfig.Client, logger log.Logger) (temporal.Server, error) {
	return temporal.NewServer(
		temporal.WithConfig(serverConfig(opts)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(staticHosts(opts)),
		temporal.WithDynamicConfigClient(dynamic),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
	)
}

// serverConfig has no ports for metrics, HTTP or membership, and one for profiling if it is wanted.
func serverConfig(opts options) *config.Config {
	service := func(port int) config.Service {
		return config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: opts.ip}}
	}
	disabled := "disabled"
	return &config.Config{
		Global: config.Global{
			PProf: config.PProf{Host: opts.ip, Port: opts.profilePort},
			// Twice that is how long a service may take to start; otherwise fifteen seconds, which a busy machine exceeds.
			Membership: config.Membership{MaxJoinDuration: time.Minute},
		},
		Persistence: config.Persistence{
			DefaultStore:     mainDatabase,
			VisibilityStore:  visibilityDatabase,
			NumHistoryShards: historyShards,
			DataStores: map[string]config.DataStore{
				mainDatabase:       {SQL: sqlConfig(opts, mainDatabase)},
				visibilityDatabase: {SQL: sqlConfig(opts, visibilityDatabase)},
			},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: opts.frontendAddr()},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			string(primitives.FrontendService): service(opts.frontendPort),
			string(primitives.HistoryService):  service(opts.historyPort),
			string(primitives.MatchingService): service(opts.matchingPort),
			string(primitives.WorkerService):   service(opts.workerPort),
		},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: disabled},
			Visibility: config.VisibilityArchival{State: disabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: disabled},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: disabled},
		}},
		PublicClient: config.PublicClient{HostPort: opts.frontendAddr()},
	}
}

// sqlConfig describes the connection to one of the two databases.
func sqlConfig(opts options, database string) *config.SQL {
	return &config.SQL{
		PluginName:      "postgres12_pgx",
		ConnectProtocol: "tcp",
		ConnectAddr:     opts.postgresAddr,
		DatabaseName:    database,
		User:            opts.postgresUser,
		Password:        opts.postgresPassword,
		MaxConns:        maxConns,
		MaxIdleConns:    maxConns,
		MaxConnLifetime: time.Hour,
	}
}

// staticHosts names the one host of every service, which spares the gossip ring.
func staticHosts(opts options) map[primitives.ServiceName]static.Hosts {
	self := func(port int) static.Hosts {
		addr := opts.addr(port)
		return static.Hosts{All: []string{addr}, Self: addr}
	}
	return map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: self(opts.frontendPort),
		primitives.HistoryService:  self(opts.historyPort),
		primitives.MatchingService: self(opts.matchingPort),
		primitives.WorkerService:   self(opts.workerPort),
	}
}
