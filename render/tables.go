package render

import (
	"io"

	"github.com/crosstrail/crosstrail/query"
)

// Trace prints who did what, for people.
func Trace(w io.Writer, sum *query.Summary, style Style) error { panic("skeleton") }

func whoTable(w io.Writer, a *query.WhoAnswer, style Style) error          { panic("skeleton") }
func reachTable(w io.Writer, a *query.ReachAnswer, style Style) error      { panic("skeleton") }
func sessionTable(w io.Writer, all []query.SessionLine, style Style) error { panic("skeleton") }
func showTable(w io.Writer, a *query.ShowAnswer, style Style) error        { panic("skeleton") }
