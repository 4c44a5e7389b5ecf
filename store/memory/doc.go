// Package memory keeps rows and facts in memory for questions asked straight
// from log files: dictionary-coded columns, no copy of the records, which are
// read again from their files when they are to be shown.
package memory
