package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"github.com/parquet-go/parquet-go"
)

func cols(dir string) {
	m, _ := filepath.Glob(filepath.Join(dir, "events", "*.parquet"))
	sizes := map[string]int64{}
	rows := int64(0)
	for _, p := range m {
		f, _ := os.Open(p)
		i, _ := f.Stat()
		pf, err := parquet.OpenFile(f, i.Size())
		must(err)
		rows += pf.NumRows()
		sizes["_file"] += i.Size()
		for _, g := range pf.Metadata().RowGroups {
			for _, c := range g.Columns {
				sizes[c.MetaData.PathInSchema[0]] += c.MetaData.TotalCompressedSize
			}
		}
	}
	var names []string
	for n := range sizes {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool { return sizes[names[i]] > sizes[names[j]] })
	for _, n := range names {
		fmt.Printf("%-32s %.2f\n", n, float64(sizes[n])/float64(rows))
	}
	fmt.Println(len(m), "files")
}
