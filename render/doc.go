// Package render prints answers: the contract's JSON lines, trees, tables and
// CSV, at the width of the terminal, with every character that came out of a
// log made safe for where it goes.
package render
