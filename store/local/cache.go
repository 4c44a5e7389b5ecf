package local

import (
	"container/list"
	"sync"
)

// cache holds blocks that were read and taken apart, those used last. Segments
// never change and their numbers are not given twice, so nothing in it grows
// old.
type cache struct {
	mu    sync.Mutex
	at    map[blockKey]*list.Element
	order *list.List // of *cached, the one used last in front
	size  int
}

type blockKey struct {
	segment int64
	kind    kind
	first   int64
}

type cached struct {
	key   blockKey
	value any
	size  int
}

// cacheSize bounds what is held, in bytes as they were read, by guess.
const cacheSize = 96 << 20

func newCache() *cache { return &cache{at: map[blockKey]*list.Element{}, order: list.New()} }

func (c *cache) get(k blockKey) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.at[k]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).value, true
}

// put keeps a value and returns the one that is kept: the first that came.
func (c *cache) put(k blockKey, value any, size int) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.at[k]; ok {
		return e.Value.(*cached).value
	}
	c.at[k] = c.order.PushFront(&cached{k, value, size})
	for c.size += size; c.size > cacheSize && c.order.Len() > 1; {
		last := c.order.Remove(c.order.Back()).(*cached)
		delete(c.at, last.key)
		c.size -= last.size
	}
	return value
}
