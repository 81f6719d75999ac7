package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/temporal"
)

func TestServerConfigIsValidAndLocal(t *testing.T) {
	t.Parallel()

	opts := options{ip: "127.0.0.1", postgresAddr: "127.0.0.1:5432", postgresUser: "boxoffice"}
	require.NoError(t, opts.claimPorts(t.Context()))
	cfg := serverConfig(opts)

	require.NoError(t, cfg.Validate())
	require.EqualValues(t, 16, cfg.Persistence.NumHistoryShards)
	require.Equal(t, "temporal", cfg.Persistence.DataStores[cfg.Persistence.DefaultStore].SQL.DatabaseName)
	require.Equal(t, "temporal_visibility", cfg.Persistence.DataStores[cfg.Persistence.VisibilityStore].SQL.DatabaseName)
	require.Nil(t, cfg.Global.Metrics, "no metrics port")
	require.Zero(t, cfg.Global.PProf.Port, "no profiling port")
	require.Len(t, cfg.Services, len(temporal.DefaultServices))
	ports := map[int]bool{}
	for name, service := range cfg.Services {
		require.Equal(t, "127.0.0.1", service.RPC.BindOnIP, name)
		require.NotZero(t, service.RPC.GRPCPort, name)
		require.Zero(t, service.RPC.HTTPPort, name)
		ports[service.RPC.GRPCPort] = true
	}
	require.Len(t, ports, len(cfg.Services), "every service has a port of its own")
	for _, name := range temporal.DefaultServices {
		require.Contains(t, cfg.Services, name)
	}
}
