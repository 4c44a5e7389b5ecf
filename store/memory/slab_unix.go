//go:build (linux || darwin || freebsd || netbsd || openbsd || dragonfly) && !race

package memory

import "syscall"

// mapSlab asks the system for zeroed memory, the heap where it refuses.
func mapSlab(size int) []byte {
	b, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return make([]byte, size)
	}
	return b
}

// unmapSlab gives it back. Memory of the heap is refused, and collected.
func unmapSlab(b []byte) { _ = syscall.Munmap(b) }
