// Command crosstrail tells who really did what across AWS accounts.
package main

func main() {}
