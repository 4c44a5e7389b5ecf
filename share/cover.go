package share

import (
	"fmt"
	"time"
)

// The years that keys of log files may have: CloudTrail began in 2013, and a
// grant without an end goes on for this century.
const (
	firstYear = 2013
	lastYear  = 2099
)

// cover is the days from one to another, both included, as patterns of
// YYYY/MM/DD; nil where there are neither. Whole tens are one pattern: 202?, 1?.
func cover(since, until Day, grain Grain) []string {
	if since.IsZero() && until.IsZero() {
		return nil
	}
	from, to := since.Time, until.Time
	if since.IsZero() {
		from = time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if until.IsZero() {
		to = time.Date(lastYear, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	if grain >= Months {
		from = time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
		to = time.Date(to.Year(), to.Month()+1, 0, 0, 0, 0, 0, time.UTC)
	}
	if grain >= Years {
		from = time.Date(from.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		to = time.Date(to.Year(), 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return years(from, to)
}

func years(from, to time.Time) []string {
	if from.Year() == to.Year() {
		return months(from, to)
	}
	var out []string
	first, last := from.Year(), to.Year()
	if from.YearDay() > 1 {
		out = append(out, months(from, time.Date(first, 12, 31, 0, 0, 0, 0, time.UTC))...)
		first++
	}
	var end []string
	if to.Month() < 12 || to.Day() < 31 {
		end = months(time.Date(last, 1, 1, 0, 0, 0, 0, time.UTC), to)
		last--
	}
	return append(append(out, tens(first, last, 0, 9, "")...), end...)
}

func months(from, to time.Time) []string {
	year := fmt.Sprintf("%04d", from.Year())
	if from.YearDay() == 1 && to.Month() == 12 && to.Day() == 31 {
		return []string{year}
	}
	first, last := int(from.Month()), int(to.Month())
	if first == last {
		return days(from, to)
	}
	var out, end []string
	if from.Day() > 1 {
		out = days(from, time.Date(from.Year(), from.Month()+1, 0, 0, 0, 0, 0, time.UTC))
		first++
	}
	if to.AddDate(0, 0, 1).Month() == to.Month() {
		end = days(time.Date(to.Year(), to.Month(), 1, 0, 0, 0, 0, time.UTC), to)
		last--
	}
	return append(append(out, tens(first, last, 1, 12, year+"/")...), end...)
}

func days(from, to time.Time) []string {
	month := from.Format("2006/01")
	last := time.Date(from.Year(), from.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if from.Day() == 1 && to.Day() == last {
		return []string{month}
	}
	return tens(from.Day(), to.Day(), 1, last, month+"/")
}

// tens are the numbers from one to another, ten that belong together as one
// pattern. No number below least or above most is there at all, so that a ten may
// stand for what there is of it; years, of which there are any, have only whole
// ones.
func tens(from, to, least, most int, before string) []string {
	var out []string
	for n := from; n <= to; {
		begin, end := n-n%10, n-n%10+9
		if before != "" {
			begin, end = max(begin, least), min(end, most)
		}
		if n == begin && end <= to && end > begin {
			out = append(out, fmt.Sprintf("%s%0*d?", before, 1, n/10))
			n = end + 1
			continue
		}
		out = append(out, fmt.Sprintf("%s%02d", before, n))
		n++
	}
	return out
}
