// Package iam is AWS for sharing: it reads what a grant hangs on, does the calls
// of a plan and no others, and tries what a grant allows. It decides nothing;
// share does.
package iam
