package cloudtrail

import (
	"strings"
	"unicode"
)

// ParseTime reads every form of linkage.md 4.3; ok is false for none of them:
//
//	2016-04-05T20:39:37Z            and with a fraction or an offset
//	20131102T010628Z                ISO 8601 basic
//	2024-06-02 19:41:40.000000000   as normalisers write
//	Apr 5, 2016 9:39:37 PM          and with a comma behind the year
//
// Unicode spaces count as spaces, and spaces may stray between the parts. A time
// without a zone is UTC. Fractions of a second are dropped.
func ParseTime(s string) (t Time, ok bool) {
	if len(s) == len("2016-04-05T20:39:37Z") {
		if t, ok := parseCommon(s); ok {
			return t, true
		}
	}
	c := clock{rest: s}
	c.space()
	if c.rest == "" {
		return 0, false
	}
	if isDigit(c.rest[0]) {
		c.iso()
	} else {
		c.american()
	}
	c.space()
	if c.bad || c.rest != "" {
		return 0, false
	}
	return c.time()
}

// parseCommon reads the one form that nearly every record has, eight bytes a step.
func parseCommon(s string) (Time, bool) {
	date, ok1 := digitPairs(s[0:8], "0000-00-", 0xff<<32|0xff<<56)
	mid, ok2 := digitPairs(s[8:16], "00T00:00", 0xff<<16|0xff<<40)
	if !ok1 || !ok2 || s[16] != ':' || !isDigit(s[17]) || !isDigit(s[18]) || s[19] != 'Z' {
		return 0, false
	}
	pair := func(w uint64, at int) int { return int(w >> (8 * at) & 0xff) }
	c := clock{
		year: pair(date, 0)*100 + pair(date, 2), month: pair(date, 5),
		day: pair(mid, 0), hour: pair(mid, 3), minute: pair(mid, 6),
		second: int(s[17]-'0')*10 + int(s[18]-'0'),
	}
	return c.time()
}

// digitPairs reads eight bytes that have digits where form has zeros and form's
// own bytes elsewhere, which signs masks. Byte i of the result is the number of
// the two digits at i.
func digitPairs(s, form string, signs uint64) (pairs uint64, ok bool) {
	d := word(s) ^ word(form)
	const over9 = 0x7f - 9 // sets the top bit of a byte above 9
	if d&signs != 0 || (d|(d&^tops+ones*over9))&tops != 0 {
		return 0, false
	}
	return d*10 + d>>8, true
}

// word is the first eight bytes of s, the first byte lowest.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// clock is a time while it is read.
type clock struct {
	rest                                   string
	bad                                    bool
	year, month, day, hour, minute, second int
	offset                                 int // seconds east of UTC
}

// iso reads the forms that begin with the year.
func (c *clock) iso() {
	c.year = c.digits(4)
	c.sign('-')
	c.month = c.digits(2)
	c.sign('-')
	c.day = c.digits(2)
	spaced := c.space()
	if !c.sign('T') && !c.sign('t') && !spaced {
		c.bad = true
	}
	c.hour = c.digits(2)
	c.sign(':')
	c.minute = c.digits(2)
	c.sign(':')
	c.second = c.digits(2)
	if c.sign('.') || c.sign(',') {
		c.fraction()
	}
	c.zone()
}

func (c *clock) zone() {
	c.space()
	switch {
	case c.sign('Z') || c.sign('z'):
		return
	case strings.HasPrefix(c.rest, "UTC") || strings.HasPrefix(c.rest, "GMT"):
		c.rest = c.rest[3:]
		return
	}
	east := 1
	if c.sign('-') {
		east = -1
	} else if !c.sign('+') {
		return
	}
	hours := c.digits(2)
	c.sign(':')
	minutes := c.digits(2)
	if hours > 23 || minutes > 59 {
		c.bad = true
	}
	c.offset = east * (hours*3600 + minutes*60)
}

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// american reads "Jan 2, 2006, 3:04:05 PM".
func (c *clock) american() {
	if len(c.rest) < 3 || strings.Index(months, c.rest[:3])%3 != 0 {
		c.bad = true
		return
	}
	c.month = strings.Index(months, c.rest[:3])/3 + 1
	c.rest = c.rest[3:]
	c.space()
	c.day = c.number()
	c.sign(',')
	c.year = c.digits(4)
	if !c.sign(',') && !c.space() {
		c.bad = true
	}
	c.space()
	c.hour = c.number()
	c.sign(':')
	c.minute = c.digits(2)
	c.sign(':')
	c.second = c.digits(2)
	c.space()
	if c.hour > 12 {
		c.bad = true
	}
	c.hour %= 12
	switch {
	case strings.HasPrefix(c.rest, "PM"):
		c.hour += 12
	case !strings.HasPrefix(c.rest, "AM"):
		c.bad = true
		return
	}
	c.rest = c.rest[2:]
	c.zone()
}

// space steps over spaces of any kind and reports whether there were some.
func (c *clock) space() bool {
	was := len(c.rest)
	c.rest = strings.TrimLeftFunc(c.rest, unicode.IsSpace)
	return len(c.rest) < was
}

// sign steps over a character and spaces before and behind it, if it is next.
func (c *clock) sign(b byte) bool {
	rest := strings.TrimLeftFunc(c.rest, unicode.IsSpace)
	if rest == "" || rest[0] != b {
		return false
	}
	c.rest = strings.TrimLeftFunc(rest[1:], unicode.IsSpace)
	return true
}

// digits reads a number of n digits.
func (c *clock) digits(n int) int {
	v := 0
	for i := range n {
		if i >= len(c.rest) || !isDigit(c.rest[i]) {
			c.bad = true
			return 0
		}
		v = v*10 + int(c.rest[i]-'0')
	}
	c.rest = c.rest[n:]
	return v
}

// number reads a number of one or two digits.
func (c *clock) number() int {
	if len(c.rest) > 1 && isDigit(c.rest[1]) {
		return c.digits(2)
	}
	return c.digits(1)
}

func (c *clock) fraction() {
	rest := strings.TrimLeft(c.rest, "0123456789")
	if len(rest) == len(c.rest) {
		c.bad = true
	}
	c.rest = rest
}

func isDigit(b byte) bool { return b-'0' < 10 }

var daysIn = [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// time is the moment, if there is such a day and hour.
func (c *clock) time() (Time, bool) {
	if c.month < 1 || c.month > 12 || c.day < 1 || c.day > daysIn[c.month] ||
		c.hour > 23 || c.minute > 59 || c.second > 59 {
		return 0, false
	}
	leap := c.year%4 == 0 && (c.year%100 != 0 || c.year%400 == 0)
	if c.month == 2 && c.day == 29 && !leap {
		return 0, false
	}
	// Days since 1970 of the proleptic Gregorian calendar, years begun in
	// March so that the leap day comes last.
	y, m := c.year, c.month-3
	if m < 0 {
		y, m = y-1, m+12
	}
	y += 400 // year 0 has no years before it
	days := 365*y + y/4 - y/100 + y/400 + (153*m+2)/5 + c.day - 1 - 719468 - 146097
	return Time(days*86400 + c.hour*3600 + c.minute*60 + c.second - c.offset), true
}
