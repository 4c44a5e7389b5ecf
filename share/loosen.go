package share

import "strings"

// loosened names what the grant that is there has and this one will not: who
// repeats a command without one of its flags does not mean to open anything.
func (g *Grant) loosened(s *Surroundings, role *RoleState) []Warning {
	was, clear := g.before(s, role)
	switch {
	case !clear:
		return []Warning{{"changed", "somebody changed the grant that is there, and what it asked for is not known: say all of its flags again"}}
	case was == nil:
		return nil
	}
	var lost []string
	note := func(is bool, what string) {
		if is {
			lost = append(lost, what)
		}
	}
	note(was.MFA && !g.MFA, "MFA (--require-mfa)")
	note(was.ExternalID != "" && g.ExternalID == "", "the external id (--external-id)")
	note(was.SessionName != "" && g.SessionName == "", "the session name (--pin-session-name)")
	note(was.Organization != "" && g.Organization == "", "membership in the organisation")
	note(!was.Expires.IsZero() && g.Expires.IsZero(), "its end (--expires)")
	note(!was.Expires.IsZero() && g.Expires.After(was.Expires), "its earlier end")
	note(!was.Since.IsZero() && (g.Since.IsZero() || g.Since.Before(was.Since.Time)), "its first day (--since)")
	note(!was.Until.IsZero() && (g.Until.IsZero() || g.Until.After(was.Until.Time)), "its last day (--until)")
	note(was.Policy == Minimal && g.Policy != Minimal, "the minimal policy (--policy)")
	if lost == nil {
		return nil
	}
	return []Warning{{"loosens", "the grant that is there loses " + strings.Join(lost, ", ") + ": say it again to keep it"}}
}

// before is the grant as it is, nil where it is not there. It is not clear where
// somebody changed it.
func (g *Grant) before(s *Surroundings, role *RoleState) (was *Grant, clear bool) {
	if role != nil {
		was, err := grantOf(role, g.Partition, g.Owner)
		return was, err == nil
	}
	if ours := s.Bucket.Policy.Named(g.owns); g.Means == BucketPolicy && len(ours) > 0 {
		found := s.readBack(g.ID, ours)
		return found.Grant, found.Unclear == ""
	}
	return nil, true
}
