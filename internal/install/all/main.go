// Command all installs what tests need before they ask for it, as CI does while it
// looks at the code. It is given files of pip's requirements, and folders with a
// package.json.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/crosstrail/crosstrail/internal/install"
)

func main() {
	var all sync.WaitGroup
	failed := make([]error, len(os.Args))
	for i, of := range os.Args[1:] {
		all.Go(func() { failed[i] = needed(of) })
	}
	all.Wait()
	for i, err := range failed {
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[i+1], err)
			defer os.Exit(1)
		}
	}
}

func needed(of string) error {
	if info, err := os.Stat(of); err != nil {
		return err
	} else if info.IsDir() {
		_, err = install.Node(context.Background(), os.DirFS(of), ".")
		return err
	}
	requirements, err := os.ReadFile(of)
	if err != nil {
		return err
	}
	_, err = install.Python(context.Background(), requirements)
	return err
}
