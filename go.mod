module github.com/crosstrail/crosstrail

go 1.26
