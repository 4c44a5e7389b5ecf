package lineage

import "github.com/crosstrail/crosstrail/cloudtrail"

// Issuances puts the facts of each issuance together: its copies (linkage.md section 1),
// as [Resolver.Resolve] does, the fullest first. Facts of other kinds are left out, and
// what is there twice is there once. Nothing but the facts decides the order.
func Issuances(facts []*Fact) [][]*Fact {
	var issued []*Fact
	for _, f := range facts {
		if f.Kind == Issuance {
			issued = append(issued, f)
		}
	}
	issued = inOrder(issued)
	t := tied{of: make([]int, len(issued)), by: map[sharedBy]int{}}
	for i, f := range issued {
		t.of[i] = i
		t.add(i, keyIssued(f.Grant.AccessKeyID), f.Time)
		t.add(i, keyShared(f.EventSource, f.SharedEventID), 0)
		t.add(i, keyRequest(f.EventSource, f.RequestID), 0)
		t.add(i, key("e", f.ID.Event), 0)
	}
	groups := map[int][]*Fact{}
	for i, f := range issued {
		root := t.root(i)
		groups[root] = append(groups[root], f)
	}
	var all [][]*Fact
	for i := range issued { // the least of a group comes first, and is its root
		for _, one := range components(groups[i], true) {
			all = append(all, one.copies)
		}
	}
	return all
}

// tied are facts that share a key with others: no two that share none are copies. The
// root of those tied together is the first of them.
type tied struct {
	of []int
	by map[sharedBy]int
}

type sharedBy struct {
	key Key
	at  cloudtrail.Time
}

func (t *tied) add(i int, k Key, at cloudtrail.Time) {
	if k == "" {
		return
	}
	first, ok := t.by[sharedBy{k, at}]
	if !ok {
		t.by[sharedBy{k, at}] = i
		return
	}
	x, y := t.root(first), t.root(i)
	t.of[max(x, y)] = min(x, y)
}

func (t *tied) root(i int) int {
	for t.of[i] != i {
		t.of[i] = t.of[t.of[i]]
		i = t.of[i]
	}
	return i
}
