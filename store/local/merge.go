package local

func (s *Store) mergeLater() {}
