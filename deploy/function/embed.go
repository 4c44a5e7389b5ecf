//go:build embedfunction

package function

import "embed"

//go:embed crosstrail-lambda-arm64.zip crosstrail-lambda-amd64.zip
var packages embed.FS

// embedded is a package that was built in.
func embedded(name string) ([]byte, bool) {
	data, err := packages.ReadFile(name)
	return data, err == nil
}
