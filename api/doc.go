// Package api is the HTTP face of Boxoffice. Its contract is openapi.yaml; the models and the server's interface are generated
// from it into package openapi.
//
// Handlers are thin: decode, authorise, then start, signal or update a workflow or read a row, and encode. The package never decides about a
// booking: the workflows do, and PostgreSQL says who owns a seat. Browsing needs PostgreSQL only.
package api
