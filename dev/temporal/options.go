package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
)

// passwordEnv names the environment variable with the PostgreSQL password; a
// flag would show it in the process list.
const passwordEnv = "TEMPORAL_POSTGRES_PASSWORD"

var errUsage = errors.New("bad usage")

// options is what the command line and the environment decide.
type options struct {
	postgresAddr     string
	postgresUser     string
	postgresPassword string
	ip               string
	frontendPort     int // 0 until claimPorts has picked one
	uiPort           int // 0: no UI
	profilePort      int // 0: no profiles
	namespace        string
	retention        time.Duration
	searchAttributes map[string]enumspb.IndexedValueType
	logLevel         string
	// suggestContinueAsNew is after how many events the server suggests that a workflow goes on in a new run.
	suggestContinueAsNew int
	// maxUpdates is how many updates one workflow takes.
	maxUpdates int

	// Chosen by claimPorts; only this process talks to them.
	historyPort, matchingPort, workerPort int
}

func parseOptions(args []string, getenv func(string) string, stderr io.Writer) (options, error) {
	opts := options{
		postgresPassword: getenv(passwordEnv),
		searchAttributes: map[string]enumspb.IndexedValueType{},
	}
	flags := flag.NewFlagSet("temporal", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&opts.postgresAddr, "postgres-addr", "127.0.0.1:5432", "`host:port` of PostgreSQL")
	flags.StringVar(&opts.postgresUser, "postgres-user", "postgres",
		"PostgreSQL `user`, who may create databases; the password is read from "+passwordEnv)
	flags.StringVar(&opts.ip, "ip", "127.0.0.1", "loopback `address` to listen on")
	flags.IntVar(&opts.frontendPort, "frontend-port", 7233, "`port` for clients and workers; 0 picks a free one")
	flags.IntVar(&opts.uiPort, "ui-port", 8233, "`port` of the web UI; 0 leaves it out")
	flags.IntVar(&opts.profilePort, "profile-port", 0, "`port` at which Go's profiles are served (/debug/pprof/); 0 leaves them out")
	flags.StringVar(&opts.namespace, "namespace", "boxoffice", "`name` of the namespace to register")
	flags.DurationVar(&opts.retention, "retention", 7*24*time.Hour,
		"how long closed workflows are kept, when the namespace is first registered")
	flags.Func("search-attribute", "custom search attribute as `Name=Type`, such as ShowId=Keyword; may be repeated", opts.addSearchAttribute)
	flags.StringVar(&opts.logLevel, "log-level", "error", "`level` of the log on standard error: debug, info, warn or error")
	flags.IntVar(&opts.suggestContinueAsNew, "suggest-continue-as-new", 4096,
		"after how many `events` a workflow is told to go on in a new run; few let tests see it happen")
	flags.IntVar(&opts.maxUpdates, "max-updates", 2000, "how many `updates` one workflow takes; few let tests see it happen")

	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return options{}, err
		}
		return options{}, errUsage
	}
	if err := opts.validate(flags.Args()); err != nil {
		fmt.Fprintf(stderr, "temporal: %v\n", err)
		return options{}, errUsage
	}
	return opts, nil
}

func (o *options) addSearchAttribute(s string) error {
	name, kind, found := strings.Cut(s, "=")
	if !found || name == "" {
		return errors.New("want Name=Type")
	}
	value, err := enumspb.IndexedValueTypeFromString(kind)
	if err != nil || value == enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED {
		return fmt.Errorf("unknown type %q", kind)
	}
	o.searchAttributes[name] = value
	return nil
}

func (o *options) validate(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	if _, _, err := net.SplitHostPort(o.postgresAddr); err != nil {
		return fmt.Errorf("--postgres-addr %q is not host:port", o.postgresAddr)
	}
	// Neither the server nor the UI asks who is calling.
	if ip := net.ParseIP(o.ip); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("--ip %q is not a loopback address", o.ip)
	}
	for name, port := range map[string]int{"--frontend-port": o.frontendPort, "--ui-port": o.uiPort, "--profile-port": o.profilePort} {
		if port < 0 || port > 65535 {
			return fmt.Errorf("%s %d is not a port", name, port)
		}
	}
	if o.suggestContinueAsNew < 1 {
		return fmt.Errorf("--suggest-continue-as-new %d is no number of events", o.suggestContinueAsNew)
	}
	if o.maxUpdates < 1 {
		return fmt.Errorf("--max-updates %d is no number of updates", o.maxUpdates)
	}
	if o.namespace == "" {
		return errors.New("--namespace is empty")
	}
	if o.retention < 24*time.Hour {
		return fmt.Errorf("--retention %s is below the server's minimum of 24h", o.retention)
	}
	switch o.logLevel {
	case "debug", "info", "warn", "error":
		return nil
	}
	return fmt.Errorf("--log-level %q is none of debug, info, warn, error", o.logLevel)
}

func (o *options) frontendAddr() string { return o.addr(o.frontendPort) }

func (o *options) uiURL() string { return "http://" + o.addr(o.uiPort) }

func (o *options) addr(port int) string { return net.JoinHostPort(o.ip, strconv.Itoa(port)) }
