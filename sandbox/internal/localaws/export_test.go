package localaws

// Orphan does to a server what the end of this process does.
func (s *Server) Orphan() { s.life.Close() }
