package stripesim

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server is the simulator. It is an http.Handler; Close it when done.
type Server struct {
	cfg Config
	mux *http.ServeMux

	// mu guards everything below it. A request is executed, journaled and
	// turned into events in one go under it.
	mu       sync.Mutex
	intents  *table[intent]
	charges  *table[charge]
	refunds  *table[refund]
	disputes *table[dispute]
	events   *table[event]
	keys     *table[keyRecord]
	faults   Faults
	counts   Counts
	journal  *journal
	refundOf map[string][]string // refund ids by intent id
	closed   bool

	hooks   *dispatcher
	stop    chan struct{}
	running sync.WaitGroup
}

// New makes a simulator. With a StateFile it reads what an earlier one wrote,
// and sends the webhooks that the earlier one could not deliver.
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	s := &Server{
		cfg:      cfg,
		mux:      http.NewServeMux(),
		intents:  newTable[intent](cfg.MaxObjects),
		charges:  newTable[charge](cfg.MaxObjects),
		refunds:  newTable[refund](cfg.MaxObjects),
		disputes: newTable[dispute](cfg.MaxObjects),
		events:   newTable[event](cfg.MaxObjects),
		keys:     newTable[keyRecord](cfg.MaxObjects),
		counts:   newCounts(),
		refundOf: map[string][]string{},
		stop:     make(chan struct{}),
	}
	s.refunds.forgotten = s.unindexRefund
	s.hooks = newDispatcher(s)
	s.routes()
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// SetWebhookURL changes where webhooks go. Those that wait for a retry follow.
func (s *Server) SetWebhookURL(url string) { s.hooks.setURL(url) }

// Close ends requests that a fault holds, cuts deliveries under way, and closes
// the state file; requests that come after it are served but not kept. Webhooks that were not
// delivered are sent by the next Server on that file.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.stop)
	}
	s.mu.Unlock()
	s.hooks.close()
	s.running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.journal
	s.journal = nil
	return j.close()
}

func (s *Server) routes() {
	s.api("POST /v1/payment_intents", createIntent)
	s.api("GET /v1/payment_intents", listIntents)
	s.api("GET /v1/payment_intents/{id}", retrieveIntent)
	s.api("POST /v1/payment_intents/{id}/confirm", confirmIntent)
	s.api("POST /v1/payment_intents/{id}/cancel", cancelIntent)
	s.api("POST /v1/refunds", createRefund)
	s.api("GET /v1/refunds", listRefunds)
	s.api("GET /v1/refunds/{id}", retrieveRefund)
	s.api("GET /v1/disputes", listDisputes)
	s.api("GET /v1/disputes/{id}", retrieveDispute)
	s.api("GET /v1/events", listEvents)
	s.api("GET /v1/events/{id}", retrieveEvent)
	s.servePage()
	s.mux.HandleFunc("/", unknownURL)
	s.controlRoutes()
}

func unknownURL(w http.ResponseWriter, r *http.Request) {
	e := invalid("", "", "Unrecognized request URL (%s: %s).", r.Method, r.URL.Path)
	e.status = http.StatusNotFound
	writeJSON(w, e.status, errorAnswer{e})
}

// sleep waits for d, or until one of the channels is closed. It returns whether
// the time passed.
func (s *Server) sleep(d time.Duration, or <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.stop:
	case <-or:
	}
	return false
}

// later runs f under the lock after d, unless the server is closed first. The
// caller holds mu.
func (s *Server) later(d time.Duration, f func()) {
	if s.closed {
		return
	}
	s.running.Go(func() {
		if s.sleep(d, nil) {
			s.mu.Lock()
			defer s.mu.Unlock()
			f()
		}
	})
}

func (s *Server) now() int64 { return s.cfg.Now().Unix() }

// newID makes a random id with a prefix that names its kind.
func newID(prefix string) string {
	var b [15]byte
	_, _ = rand.Read(b[:])
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
