package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	// dbosProcess is the peer: a booking made durable by DBOS.
	dbosProcess = "dbos"
	// dbosDatabase is where DBOS keeps its own tables.
	dbosDatabase = "bench_dbos"
	// maxPeerAnswer bounds an answer of the peer, in bytes.
	maxPeerAnswer = 64 << 10
)

// dbosOrders are the peer's.
type dbosOrders struct {
	// DSN has the rights of the worker.
	DSN string `json:"dsn"`
	// SystemDSN is the database of DBOS.
	SystemDSN string `json:"systemDsn"`
}

// peerContest is a booking paid from the wallet beside a bare workflow, and beside the peer. All seats are of the same sale.
func peerContest(ctx context.Context, s *system, sale *sale) (*contest, error) {
	c, err := walletContest(ctx, s, sale)
	if err != nil {
		return nil, err
	}
	p, err := startPeer(ctx, s, sale)
	if err != nil {
		return nil, errors.Join(err, c.end())
	}
	bare := &c.floors[0]
	bare.name, bare.targets = " beside a bare workflow", nil
	c.floors = append(c.floors, contender{act: p.buy, name: " beside DBOS", targets: []target{wantRate(0.45), wantNoFailure()}})
	endBare := c.end
	c.end = func() error { return errors.Join(endBare(), s.stopDBOS()) }
	return c, nil
}

// peerAtOnceContest is a booking that is held and paid from the wallet in one request, beside the peer.
func peerAtOnceContest(ctx context.Context, s *system, sale *sale) (*contest, error) {
	p, err := startPeer(ctx, s, sale)
	if err != nil {
		return nil, err
	}
	return &contest{
		product: contender{act: sale.buyAtOnce},
		floors: []contender{
			{act: p.buyAtOnce, name: " beside DBOS", targets: []target{wantRate(0.70), wantNoFailure()}},
			{act: p.buy, name: " beside hold and pay with DBOS", targets: []target{wantRate(0.70)}},
		},
		end: s.stopDBOS,
	}, nil
}

func startPeer(ctx context.Context, s *system, sale *sale) (*peer, error) {
	url, err := s.startDBOS(ctx)
	return &peer{sale: sale, url: url, http: &http.Client{Timeout: wirePatience, Transport: &http.Transport{MaxIdleConnsPerHost: maxClients}}}, err
}

// startDBOS builds the peer, which is a module of its own, and starts it. It gives its URL.
func (s *system) startDBOS(ctx context.Context) (url string, err error) {
	root, err := stack.FindRoot()
	if err != nil {
		return "", err
	}
	program := filepath.Join(root, "bin", dbosProcess)
	if said, err := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(root, "dev", "bench", "dbos"), "-o", program, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the peer: %w: %s", err, said)
	}
	if err := s.makeDatabase(ctx, dbosDatabase); err != nil {
		return "", err
	}
	if s.dbos, err = startProgram(program, dbosProcess, dbosOrders{DSN: s.WorkerDSN(), SystemDSN: s.SuperuserDSN(dbosDatabase)}); err != nil {
		return "", err
	}
	var ready floorAnswer
	if err := s.dbos.answer(&ready); err != nil {
		return "", errors.Join(err, s.stopDBOS())
	}
	return ready.URL, nil
}

func (s *system) stopDBOS() error {
	stopping := s.dbos
	s.dbos = nil
	return stopping.stop()
}

// makeDatabase makes an empty one, in place of one that was left behind.
func (s *system) makeDatabase(ctx context.Context, name string) (err error) {
	conn, err := pgx.Connect(ctx, s.SuperuserDSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, statement := range []string{"DROP DATABASE IF EXISTS ", "CREATE DATABASE "} {
		if _, err := conn.Exec(ctx, statement+pgx.Identifier{name}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}

// peer is asked through HTTP, as the product is.
type peer struct {
	sale *sale
	url  string
	http *http.Client
}

// buy books the next seat of the client's show and pays it from the wallet. It gives how long the hold took.
func (p *peer) buy(ctx context.Context, client int) (time.Duration, error) {
	held, err := p.wants(client)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	var due booking.Money
	if err := p.ask(ctx, "/hold", held, &due); err != nil {
		return 0, err
	}
	took := time.Since(began)
	return took, p.askToConfirm(ctx, "/pay", held.BookingID, booking.Payment{
		ID: booking.PaymentID(held.BookingID, held.RequestHash), BookingID: held.BookingID, Attempt: 1, Method: booking.MethodWallet,
		Wallet: due, Card: booking.Money{Currency: due.Currency}, RequestHash: held.RequestHash,
	})
}

// buyAtOnce does it in one request. It gives how long that took.
func (p *peer) buyAtOnce(ctx context.Context, client int) (time.Duration, error) {
	wanted, err := p.wants(client)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	err = p.askToConfirm(ctx, "/buy", wanted.BookingID, wanted)
	return time.Since(began), err
}

// wants asks for the next seat of the client's show.
func (p *peer) wants(client int) (booking.Request, error) {
	show, seat, err := p.sale.nextSeat(client)
	key, customer := "peer-"+show+"-"+seat, p.sale.buyers[client].ID
	return booking.Request{
		BookingID: booking.ID(customer, key), CustomerID: customer, ShowID: show, Seats: []string{seat}, RequestHash: key, CorrelationID: key,
	}, err
}

// askToConfirm wants the booking to be confirmed.
func (p *peer) askToConfirm(ctx context.Context, path, bookingID string, body any) error {
	var status booking.Status
	err := p.ask(ctx, path, body, &status)
	if err == nil && status != booking.StatusConfirmed {
		err = fmt.Errorf("%s is %q", bookingID, status)
	}
	return err
}

func (p *peer) ask(ctx context.Context, path string, body, into any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	res, err := p.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxPeerAnswer))
	switch {
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("the peer answered %s to %s: %s", res.Status, path, answer)
	default:
		return json.Unmarshal(answer, into)
	}
}
