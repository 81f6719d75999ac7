// Package api is the HTTP face of Boxoffice. Its contract is openapi.yaml; the models and the server's interface are generated
// from it into package openapi.
//
// Composition is here: the configuration, the use cases, the router, and the one table of who may call what. Below are one package for each audience,
// whose handlers are thin (decode, say who asks, call one use case, draw the answer), and what these share. Nothing here decides about a booking:
// the workflows do, and PostgreSQL says who owns a seat. Browsing needs PostgreSQL only.
package api
