package stack

// Patience of the API of tests. Its own is that of somebody who looks at a screen: on a machine that is busy with other things it answers 503 to requests of
// which nothing is wrong, and a test would judge the machine. Nobody is limited either.
var patientAPI = []string{
	"API_REQUEST_TIMEOUT=45s", "API_WORKFLOW_TIMEOUT=40s", "API_QUEUE_TIMEOUT=40s", "DATABASE_STATEMENT_TIMEOUT=15s",
	"API_RATE_PER_SECOND=100000", "API_RATE_BURST=100000",
}

// Patient are the variables of the API and the worker of a system whose tests are about anything but time-outs and limits.
func Patient() map[Part][]string {
	return map[Part][]string{API: append([]string(nil), patientAPI...), Worker: {"DATABASE_STATEMENT_TIMEOUT=15s"}}
}
