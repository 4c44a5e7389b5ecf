// Package source finds log files and opens them: a file, a folder, standard
// input. It hands out deliveries, which are settled once what they hold is
// stored, and it gunzips, with a cap, whatever the sender made of the bytes.
package source
