#!/bin/sh
# Registers the namespace and the search attributes that bookings are found by,
# where they are missing. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE say where.
set -eu

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 168h

temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
    --name BookingStatus --type Keyword \
    --name CustomerId --type Keyword \
    --name ShowId --type Keyword \
    --name TheatreId --type Keyword
