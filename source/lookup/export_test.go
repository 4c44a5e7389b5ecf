package lookup

// Hurry lets a test ask as fast as it can.
func (l *Log) Hurry() {
	for _, there := range l.clients {
		there.pace.second = 0
	}
}
