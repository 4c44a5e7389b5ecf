package fetch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// own is the folder of a DEST that holds what this package notes.
const own = ".crosstrail-fetch"

// mostName is how long a name in a folder may be, in bytes, on common file systems.
const mostName = 255

// refused are names that Windows keeps for devices, whatever follows a dot (Windows
// App Development, Naming Files, Paths, and Namespaces).
var refused = []string{
	"con", "prn", "aux", "nul", "conin$", "conout$",
	"com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "com¹", "com²", "com³",
	"lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "lpt¹", "lpt²", "lpt³",
}

// safe reports why a name cannot be that of a file in a folder. It is the same on
// every system: a set of log files can be carried to another.
func safe(name string) error {
	if name == "" {
		return errors.New("its key is that of the folder itself")
	}
	for i, part := range strings.Split(name, "/") {
		base, _, _ := strings.Cut(strings.ToLower(part), ".")
		switch {
		case part == "":
			return errors.New("its key has a folder without a name")
		case part == "." || part == "..":
			return fmt.Errorf("its key leads out of the folder by %q", part)
		case !utf8.ValidString(part):
			return errors.New("its key is no text")
		case strings.ContainsFunc(part, func(r rune) bool { return !unicode.IsPrint(r) }):
			return errors.New("its key has a character that does not show, or turns a line round")
		case strings.ContainsAny(part, `<>:"\|?*`):
			return errors.New(`its key has one of <>:"\|?*, which not every system takes in a file's name`)
		case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
			return fmt.Errorf("its key has a name that ends in a dot or space, %q, which not every system keeps", part)
		case slices.Contains(refused, strings.TrimRight(base, " ")):
			return fmt.Errorf("its key has the name %q, which is a device on Windows", part)
		case len(part) > mostName:
			return fmt.Errorf("its key has a name of %d bytes, and a file's has %d at most", len(part), mostName)
		case i == 0 && strings.EqualFold(part, own):
			return errors.New("its key has the name of the folder that keeps notes of what was fetched")
		}
	}
	return nil
}
