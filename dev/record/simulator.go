package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/boxoffice/boxoffice/booking"
)

// cancelIntent ends an intent as somebody in the provider's dashboard would.
func (s *studio) cancelIntent(ctx context.Context, intentID string) error {
	return s.Simulator().Ask(ctx, http.MethodPost, "/v1/payment_intents/"+intentID+"/cancel", nil, nil)
}

// refundAtProvider gives some of a charge back as somebody in the provider's dashboard would.
func (s *studio) refundAtProvider(ctx context.Context, intentID string, amount int64) error {
	form := url.Values{"payment_intent": {intentID}, "amount": {strconv.FormatInt(amount, 10)}}
	return s.Simulator().Ask(ctx, http.MethodPost, "/v1/refunds", form, nil)
}

// charge collects money on an intent that the product has not opened, with the metadata of one that it has.
func (s *studio) charge(ctx context.Context, amount int64, metadata map[string]string) (intentID string, err error) {
	form := url.Values{
		"amount": {strconv.FormatInt(amount, 10)}, "currency": {"inr"}, "confirm": {"true"}, "payment_method": {cardVisa},
		"payment_method_types[]": {"card"}, "metadata[" + booking.MetadataDeployment + "]": {booking.DefaultDeployment},
	}
	for name, value := range metadata {
		form.Set("metadata["+name+"]", value)
	}
	var intent struct {
		ID string `json:"id"`
	}
	err = s.Simulator().Ask(ctx, http.MethodPost, "/v1/payment_intents", form, &intent)
	return intent.ID, err
}
