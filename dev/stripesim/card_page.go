package stripesim

import (
	_ "embed"
	"net/http"
)

// cardPage stands for the page with the provider's script: it takes a test card, confirms the intent, and sends the customer on.
//
//go:embed card_page.html
var cardPage []byte

func (s *Server) servePage() {
	s.mux.HandleFunc("GET /pay", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(cardPage) // whoever asked may have left
	})
}
