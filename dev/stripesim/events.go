package stripesim

import (
	"encoding/json"
	"slices"
)

// emit records an event about an object and sends it. The call that caused it
// is nil for what happens by itself. The caller holds mu.
func (s *Server) emit(c *call, eventType string, object any) {
	body, err := json.Marshal(object)
	if err != nil {
		s.cfg.Logger.Error("an object cannot be written", "type", eventType, "error", err)
		return
	}
	ev := &event{
		ID: newID("evt_"), Object: "event", APIVersion: s.cfg.APIVersion, Created: s.now(),
		Data: eventData{Object: body}, Type: eventType,
	}
	if c != nil {
		ev.Request = eventRequest{ID: &c.requestID, IdempotencyKey: optional(c.key)}
	}
	if s.hooks.enabled() {
		ev.PendingWebhooks = 1
	}
	s.events.put(ev.ID, ev)
	s.journal.append(kindEvent, ev)
	if ev.PendingWebhooks > 0 {
		s.hooks.enqueue(newDelivery(ev), s.faults.takeWebhook(eventType))
	}
}

// webhookDone notes that an event needs no further delivery.
func (s *Server) webhookDone(eventID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ev := s.events.get(eventID)
	if ev == nil || ev.PendingWebhooks == 0 {
		return
	}
	ev = copyOf(ev)
	ev.PendingWebhooks = 0
	s.events.put(ev.ID, ev)
	s.journal.append(kindDelivered, ev.ID)
	s.journal.flush()
}

var retrieveEvent = retrieve(OpRetrieveEvent, "event", "id", func(s *Server) *table[event] { return s.events })

var listEvents = operation{
	name:   OpListEvents,
	params: append([]string{"type", "types["}, pageParams...),
	check:  checkPage,
	run: func(s *Server, c *call) (any, *apiError) {
		types := append([]string{}, c.form["type"]...)
		for name, values := range c.form {
			if len(name) > 6 && name[:6] == "types[" {
				types = append(types, values...)
			}
		}
		return page(c, "/v1/events", s.events, s.events.all(), func(ev *event) (int64, bool) {
			return ev.Created, len(types) == 0 || slices.Contains(types, ev.Type)
		})
	},
}

// EventCount returns how many events of a type happened, delivered or not.
func (s *Server) EventCount(eventType string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, ev := range s.events.oldestFirst {
		if ev.Type == eventType {
			n++
		}
	}
	return n
}
