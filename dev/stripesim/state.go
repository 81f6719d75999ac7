package stripesim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
)

// The kinds of records in the state file.
const (
	kindIntent    = "intent"
	kindCharge    = "charge"
	kindRefund    = "refund"
	kindDispute   = "dispute"
	kindEvent     = "event"
	kindKey       = "key"
	kindDelivered = "delivered"
)

// compactFrom is the size in bytes at which the state file is first rewritten.
const compactFrom = 64 << 20

// record is one line of the state file; a later one replaces an earlier one
// about the same object.
type record struct {
	Kind  string          `json:"kind"`
	Value json.RawMessage `json:"value"`
}

// journal appends what changes to the state file. A nil journal keeps nothing.
type journal struct {
	path    string
	file    *os.File
	pending []byte
	size    int64
	limit   int64 // compact beyond this
	log     *slog.Logger
	compact func() []byte
}

// append adds a record to those that the next flush writes in one go.
func (j *journal) append(kind string, value any) {
	if j == nil {
		return
	}
	j.pending = appendRecord(j.pending, kind, value)
}

func appendRecord(to []byte, kind string, value any) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		return to
	}
	line, err := json.Marshal(record{Kind: kind, Value: body})
	if err != nil {
		return to
	}
	return append(append(to, line...), '\n')
}

// flush writes what one request changed, all or, when killed, a torn last line.
func (j *journal) flush() {
	if j == nil || len(j.pending) == 0 {
		return
	}
	n, err := j.file.Write(j.pending)
	j.size += int64(n)
	j.pending = j.pending[:0]
	if err != nil {
		j.log.Error("the state file could not be written", "file", j.path, "error", err)
		return
	}
	if j.size > j.limit {
		if err := j.rewrite(j.compact()); err != nil {
			j.log.Error("the state file could not be compacted", "file", j.path, "error", err)
		}
	}
}

// rewrite replaces the file by the present state.
func (j *journal) rewrite(state []byte) error {
	tmp := j.path + ".tmp"
	if err := os.WriteFile(tmp, state, 0o600); err != nil {
		return err
	}
	if err := os.Rename(tmp, j.path); err != nil {
		return err
	}
	file, err := os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if j.file != nil {
		_ = j.file.Close()
	}
	j.file, j.size = file, int64(len(state))
	j.limit = max(compactFrom, 4*j.size)
	return nil
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.flush()
	return j.file.Close()
}

func (s *Server) saveIntent(in *intent) {
	s.intents.put(in.ID, in)
	s.journal.append(kindIntent, in)
}

func (s *Server) saveCharge(ch *charge) {
	s.charges.put(ch.ID, ch)
	s.journal.append(kindCharge, ch)
}

func (s *Server) saveRefund(r *refund) {
	s.indexRefund(r)
	s.refunds.put(r.ID, r)
	s.journal.append(kindRefund, r)
}

func (s *Server) saveDispute(d *dispute) {
	s.disputes.put(d.ID, d)
	s.journal.append(kindDispute, d)
}

func (s *Server) indexRefund(r *refund) {
	if s.refunds.get(r.ID) == nil {
		s.refundOf[r.PaymentIntent] = append(s.refundOf[r.PaymentIntent], r.ID)
	}
}

func (s *Server) unindexRefund(r *refund) {
	left := slices.DeleteFunc(s.refundOf[r.PaymentIntent], func(id string) bool { return id == r.ID })
	if s.refundOf[r.PaymentIntent] = left; len(left) == 0 {
		delete(s.refundOf, r.PaymentIntent)
	}
}

// load reads the state file, rewrites it without what was replaced, and takes
// up the deliveries that are missing.
func (s *Server) load() error {
	if s.cfg.StateFile == "" {
		return nil
	}
	file, err := os.OpenFile(s.cfg.StateFile, os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("stripesim: open state: %w", err)
	}
	defer file.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.replay(file); err != nil {
		return fmt.Errorf("stripesim: read state %s: %w", s.cfg.StateFile, err)
	}
	s.journal = &journal{path: s.cfg.StateFile, log: s.cfg.Logger, compact: s.snapshot}
	if err := s.journal.rewrite(s.snapshot()); err != nil {
		return fmt.Errorf("stripesim: write state: %w", err)
	}
	for _, ev := range s.events.oldestFirst {
		if ev.PendingWebhooks > 0 && s.hooks.enabled() {
			s.hooks.enqueue(newDelivery(ev), WebhookFault{})
		}
	}
	for _, r := range s.refunds.oldestFirst {
		s.settleLater(r)
	}
	return nil
}

// replay reads records. A last line without its end was torn by a kill, and the
// request that wrote it got no answer.
func (s *Server) replay(from io.Reader) error {
	r := bufio.NewReader(from)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.restore(line); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
}

func (s *Server) restore(line []byte) error {
	var rec record
	if err := json.Unmarshal(line, &rec); err != nil {
		return err
	}
	switch rec.Kind {
	case kindIntent:
		return restoreInto(rec.Value, s.intents, func(v *intent) string { return v.ID })
	case kindCharge:
		return restoreInto(rec.Value, s.charges, func(v *charge) string { return v.ID })
	case kindRefund:
		return restoreInto(rec.Value, s.refunds, func(v *refund) string { s.indexRefund(v); return v.ID })
	case kindDispute:
		return restoreInto(rec.Value, s.disputes, func(v *dispute) string { return v.ID })
	case kindEvent:
		return restoreInto(rec.Value, s.events, func(v *event) string { return v.ID })
	case kindKey:
		return restoreInto(rec.Value, s.keys, func(v *keyRecord) string { return v.Scope })
	case kindDelivered:
		var id string
		if err := json.Unmarshal(rec.Value, &id); err != nil {
			return err
		}
		if ev := s.events.get(id); ev != nil {
			ev.PendingWebhooks = 0
		}
		return nil
	default:
		return fmt.Errorf("unknown kind %q", rec.Kind)
	}
}

func restoreInto[T any](raw json.RawMessage, t *table[T], id func(*T) string) error {
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		return err
	}
	t.put(id(v), v)
	return nil
}

// snapshot writes the whole state. The caller holds mu.
func (s *Server) snapshot() []byte {
	out := appendRecords(nil, kindIntent, s.intents)
	out = appendRecords(out, kindCharge, s.charges)
	out = appendRecords(out, kindRefund, s.refunds)
	out = appendRecords(out, kindDispute, s.disputes)
	out = appendRecords(out, kindEvent, s.events)
	for _, v := range s.keys.oldestFirst {
		if v.Result != nil {
			out = appendRecord(out, kindKey, v)
		}
	}
	return out
}

func appendRecords[T any](to []byte, kind string, of *table[T]) []byte {
	for _, v := range of.oldestFirst {
		to = appendRecord(to, kind, v)
	}
	return to
}
