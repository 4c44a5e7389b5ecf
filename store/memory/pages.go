package memory

import (
	"runtime"
	"sync"
	"unsafe"
)

// pages hands out memory for rows. Rows hold no pointer and live as long as the
// store, so they are kept from the garbage collector where the system lets us:
// its heap grows to twice what is live before it collects, so what it does not
// see costs half.
type pages struct {
	mu   sync.Mutex
	left []byte // of the newest slab
}

// slabSize is what is asked of the system at a time; pages of it that are never
// written to cost nothing.
const slabSize = 4 << 20

// rows returns room for a chunk, all zero. It is given back when p is not
// reachable any more.
func (p *pages) rows() *[chunkRows]packed {
	const size = int(unsafe.Sizeof([chunkRows]packed{}))
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.left) < size {
		slab := mapSlab(slabSize)
		runtime.AddCleanup(p, unmapSlab, slab)
		p.left = slab
	}
	rows := (*[chunkRows]packed)(unsafe.Pointer(&p.left[0]))
	p.left = p.left[size:]
	return rows
}
