// Command bench measures decoding and tracing against decompressing alone, in
// one run (see README.md beside it).
package main

func main() {}
