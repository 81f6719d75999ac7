package stripesim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// controlRoutes are the routes below /_sim/, for whoever plays the outside world.
func (s *Server) controlRoutes() {
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	s.mux.HandleFunc("POST /_sim/payment_intents/{id}/authenticate", s.outcome(s.Authenticate))
	s.mux.HandleFunc("POST /_sim/payment_intents/{id}/settle", s.outcome(s.SettleIntent))
	s.mux.HandleFunc("POST /_sim/payment_intents/{id}/amend", s.postAmend)
	s.mux.HandleFunc("POST /_sim/refunds", s.postRefund)
	s.mux.HandleFunc("POST /_sim/refunds/{id}/settle", s.outcome(s.SettleRefund))
	s.mux.HandleFunc("POST /_sim/disputes", s.postDispute)
	s.mux.HandleFunc("POST /_sim/disputes/{id}", s.postDisputeStatus)
	s.mux.HandleFunc("POST /_sim/events/{id}/redeliver", func(w http.ResponseWriter, r *http.Request) {
		err := s.Redeliver(r.PathValue("id")) //nolint:contextcheck // a delivery outlives the request that asked for it
		reply(w, map[string]string{"event": r.PathValue("id")}, err)
	})
	s.mux.HandleFunc("GET /_sim/deliveries", s.getDeliveries)
	s.mux.HandleFunc("GET /_sim/counts", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.Counts(), nil) })
	s.mux.HandleFunc("DELETE /_sim/counts", func(w http.ResponseWriter, _ *http.Request) {
		s.ResetCounts()
		reply(w, s.Counts(), nil)
	})
	s.mux.HandleFunc("GET /_sim/faults", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.ActiveFaults(), nil) })
	s.mux.HandleFunc("POST /_sim/faults", func(w http.ResponseWriter, r *http.Request) {
		var f Faults
		err := decode(w, r, &f)
		if err == nil {
			err = s.AddFaults(f)
		}
		reply(w, s.ActiveFaults(), err)
	})
	s.mux.HandleFunc("DELETE /_sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults() //nolint:contextcheck // the deliveries that this releases outlive the request
		reply(w, s.ActiveFaults(), nil)
	})
}

// outcome serves a method that ends something one way or the other.
func (s *Server) outcome(end func(id string, o Outcome) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := struct {
			Outcome Outcome `json:"outcome"`
		}{Succeed}
		err := decode(w, r, &body)
		if err == nil {
			err = end(r.PathValue("id"), body.Outcome)
		}
		reply(w, map[string]string{"id": r.PathValue("id"), "outcome": string(body.Outcome)}, err)
	}
}

func (s *Server) postAmend(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Amount   int64  `json:"amount"`
		Currency string `json:"currency"`
	}
	err := decode(w, r, &body)
	if err == nil {
		err = s.Amend(r.PathValue("id"), body.Amount, body.Currency)
	}
	reply(w, map[string]string{"id": r.PathValue("id")}, err)
}

func (s *Server) postRefund(w http.ResponseWriter, r *http.Request) {
	var body struct {
		PaymentIntent string `json:"payment_intent"`
		Amount        int64  `json:"amount"`
	}
	var id string
	err := decode(w, r, &body)
	if err == nil {
		id, err = s.RefundByHand(body.PaymentIntent, body.Amount) //nolint:contextcheck // its webhooks outlive the request
	}
	reply(w, map[string]string{"id": id}, err)
}

func (s *Server) postDispute(w http.ResponseWriter, r *http.Request) {
	var body struct {
		PaymentIntent string `json:"payment_intent"`
		Reason        string `json:"reason"`
	}
	var id string
	err := decode(w, r, &body)
	if err == nil {
		id, err = s.OpenDispute(body.PaymentIntent, body.Reason) //nolint:contextcheck // its webhooks outlive the request
	}
	reply(w, map[string]string{"id": id, "status": string(DisputeNeedsResponse)}, err)
}

func (s *Server) postDisputeStatus(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Status DisputeStatus `json:"status"`
	}
	err := decode(w, r, &body)
	if err == nil {
		err = s.MoveDispute(r.PathValue("id"), body.Status) //nolint:contextcheck // its webhooks outlive the request
	}
	reply(w, map[string]string{"id": r.PathValue("id"), "status": string(body.Status)}, err)
}

func (s *Server) getDeliveries(w http.ResponseWriter, r *http.Request) {
	ev, kind := r.URL.Query().Get("event"), r.URL.Query().Get("type")
	out := []Delivery{}
	for _, d := range s.Deliveries() {
		if (ev == "" || d.Event == ev) && (kind == "" || d.Type == kind) {
			out = append(out, d)
		}
	}
	reply(w, out, nil)
}

// decode reads a JSON body; an empty one changes nothing.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func reply(w http.ResponseWriter, v any, err error) {
	if err != nil {
		writeJSON(w, http.StatusBadRequest, errorAnswer{invalid("", "", "%s", err.Error())})
		return
	}
	writeJSON(w, http.StatusOK, v)
}
