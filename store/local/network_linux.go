package local

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
)

// refuseNetwork refuses a folder on a network file system: locks and the order
// of writes cannot be relied on there.
func refuseNetwork(dir string) error {
	var s syscall.Statfs_t
	for {
		err := syscall.Statfs(dir, &s)
		if err == nil {
			break
		}
		if up := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && up != dir {
			dir = up // where the folder will be made
			continue
		}
		return nil // opening it tells what is wrong
	}
	// statfs(2).
	names := map[int64]string{0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB2", 0x564c: "NCP", 0x5346414f: "AFS", 0x0bd00bd0: "Lustre", 0x73757245: "Coda", 0x00c36400: "Ceph"}
	if name, ok := names[int64(s.Type)&0xffffffff]; ok {
		return fmt.Errorf("%s: is on a network file system (%s), where a store would be damaged: use a folder on a disk of this machine (--store)", dir, name)
	}
	return nil
}
