// Package ingest is the one pump: deliveries from a source, decoded on all
// cores, into a store, settled only once the store has committed them.
package ingest
