#!/usr/bin/env bash
# A correctly signed "thin" event of Stripe's API v2 cannot be read by stripe-go v76.25.0, although its signature is good.
#
# Expected: webhook.ConstructEventWithOptions, which is told to ignore the API version, returns the event or says that the signature is bad.
# Seen: it fails with "cannot unmarshal string into Go struct field Event.created of type int64": thin events have their time in words and no "data".
# An endpoint that answers 400 to every error of that function refuses such events for ever: Stripe repeats them for days and then disables the
# endpoint, with the snapshot events that it also gets. webhook.ValidatePayload checks the signature alone and accepts the event.
#
# The shape is that of https://docs.stripe.com/event-destinations#thin-events.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
)

const event = `{"id":"evt_test_65R9Ijk8dKEYZcXeRWn16R9A7j1FSQ3w3TGDPLLGSM4CW0","object":"v2.core.event",
"type":"v1.billing.meter.error_report_triggered","livemode":false,"created":"2024-09-17T06:20:52.246Z",
"related_object":{"id":"mtr_test_61R9IeP0SgKbYROOx41PEAQhH0qO23oW","type":"billing.meter","url":"/v1/billing/meters/mtr_test_61R9IeP0SgKbYROOx41PEAQhH0qO23oW"}}`

func main() {
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(event), Secret: "whsec_test", Timestamp: time.Now()})
	fmt.Println("signature:", webhook.ValidatePayload(signed.Payload, signed.Header, "whsec_test"))
	_, err := webhook.ConstructEventWithOptions(signed.Payload, signed.Header, "whsec_test", webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
	fmt.Println("event:", err)
	if err == nil || !strings.Contains(err.Error(), "Event.created of type int64") {
		os.Exit(1)
	}
}
GO
go mod init finding >/dev/null 2>&1
go get github.com/stripe/stripe-go/v76@v76.25.0 >/dev/null 2>&1
go run .
