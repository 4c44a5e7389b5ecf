package query

import (
	"context"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// record is the last stage, for rows that passed the others: it reads the raw
// record where the row's own resources do not settle --resource.
func (m *matcher) record(ctx context.Context, r Reader, row *Row, c *lineage.Chain) (bool, error) {
	if m.stage != byRecord {
		return true, nil
	}
	if ok, err := m.resource(ctx, r, row); !ok || err != nil {
		return false, err
	}
	for _, n := range m.nots {
		if n.stage != byRecord || !n.row(row) || !n.chain(row, c) {
			continue
		}
		if ok, err := n.record(ctx, r, row, c); ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// resource reports whether any of the resources asked for stands in the row or
// in what its record requested and was answered.
func (m *matcher) resource(ctx context.Context, r Reader, row *Row) (bool, error) {
	asked := m.f.Resources
	if len(asked) == 0 || namesAny(row.Resources, asked) {
		return true, nil
	}
	raw, err := r.Raw(ctx, row.Location)
	if err == nil {
		err = isOf(row, raw)
	}
	if err != nil {
		return false, err
	}
	var d cloudtrail.Decoder
	for rec, err := range d.Records(raw) {
		if err != nil || rec == nil {
			continue // it was decoded when it was stored: only the first is wanted
		}
		return namesAny(resourceARNs(rec.Resources), asked) || namesAny(requested(rec), asked) ||
			holds(rec.RequestParameters, asked, maxDepth) || holds(rec.ResponseElements, asked, maxDepth), nil
	}
	return false, nil
}

func namesAny(values, asked []string) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		return slices.ContainsFunc(asked, func(a string) bool { return named(v, a) })
	})
}

// maxDepth is how deep a value is sought. CloudTrail's own nest five or six.
const maxDepth = 64

// holds reports whether a string at any depth is or holds a name asked for.
// What would be a session token is not looked at.
func holds(j cloudtrail.JSON, asked []string, depth int) bool {
	if depth == 0 || j == "" {
		return false
	}
	switch j[0] {
	case '{', '[':
		for name, v := range j.Members() {
			if !isToken(name) && holds(v, asked, depth-1) {
				return true
			}
		}
	case '"':
		text := j.Text()
		if isToken(text) {
			return false
		}
		return slices.ContainsFunc(asked, func(a string) bool { return named(text, a) })
	}
	return false
}
