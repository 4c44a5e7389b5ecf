package awstest

import (
	"context"
	"embed"

	"github.com/crosstrail/crosstrail/internal/install"
)

// launcher is embedded, so that go test sees a change of it.
//
//go:embed launcher/*.py
var launcher embed.FS

//go:embed requirements.txt
var requirements []byte

//go:embed simulator
var simulator embed.FS

//go:embed tables
var tables embed.FS

// programs are an interpreter with ministack and microburst, and the folder to
// start the launcher in.
func programs(ctx context.Context) (python, files string, err error) {
	if python, err = install.Python(ctx, requirements); err != nil {
		return "", "", err
	}
	files, err = install.Files(ctx, "awstest", launcher)
	return python, files, err
}
